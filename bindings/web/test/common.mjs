// What the tests share. QUAVER_WEB_PACKAGE: the folder of the package; QUAVER_SOURCE: the project's; QUAVER_READ_SOUND: a
// program that writes the samples of a sound file (read_sound.cc); QUAVER_PROGRAM: `quaver`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

export const source = resolve(process.env.QUAVER_SOURCE ?? new URL('../../..', import.meta.url).pathname);
export const folder = resolve(process.env.QUAVER_WEB_PACKAGE ?? join(source, 'build/web/package'));
export const program = process.env.QUAVER_PROGRAM;
export const { Decoder, Encoder, Quaver, QuaverError, QuaverWorker } = await import(pathToFileURL(join(folder, 'quaver.js')).href);

export const model = join(source, 'models/speech-16k.safetensors');
export const conformance = join(source, 'tests/conformance');
export const sampleNames = readdirSync(join(source, 'samples')).filter((name) => name.endsWith('.flac')).sort();

export const floatsOf = (bytes) => new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));

export function sound(path) {
  return floatsOf(execFileSync(process.env.QUAVER_READ_SOUND, [path], { maxBuffer: 1 << 28 }));
}
export const speech = (name = sampleNames[0]) => sound(join(source, 'samples', name));

export function quaver(...args) {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

export function withFolder(run) {
  const path = mkdtempSync(join(tmpdir(), 'quaver-web-'));
  try {
    return run(path);
  } finally {
    rmSync(path, { recursive: true });
  }
}

export const read = (...parts) => new Uint8Array(readFileSync(join(...parts)));

export function concat(parts) {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function largestDifference(a, b) {
  let most = 0;
  for (let i = 0; i < Math.max(a.length, b.length); ++i) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= most)) most = difference;
  }
  return most;
}

// The same numbers at every run (Numerical Recipes' generator).
export function random(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

// uint16 [frames, n] of NumPy, format 1.0.
export function npy(path) {
  const bytes = read(path);
  const start = 10 + bytes[8] + 256 * bytes[9];
  const shape = /\((\d+), (\d+)\)/.exec(new TextDecoder().decode(bytes.subarray(10, start)));
  return { data: new Uint16Array(bytes.slice(start).buffer), frames: Number(shape[1]), groups: Number(shape[2]) };
}
