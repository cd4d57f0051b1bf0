// Tokens and sound of the WebAssembly beside those of the program:
//   node bench/web/tokens.mjs PACKAGE PROGRAM FOLDER
// PACKAGE: build/web/package; FOLDER holds sounds as floats, one channel, 16 kHz, little-endian (.raw). For each, all tokens are
// made by both; then those of the program are decoded by both, of each tenth sound where there are many.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, program, sounds] = process.argv.slice(2).map((path) => resolve(path));
if (!sounds) throw new Error('usage: tokens.mjs PACKAGE PROGRAM FOLDER');
const { Quaver } = await import(pathToFileURL(join(folder, 'quaver.js')).href);
const codec = await Quaver.load();
const names = readdirSync(sounds).filter((name) => name.endsWith('.raw')).sort();
const out = mkdtempSync(join(tmpdir(), 'quaver-web-'));
const floats = (path) => new Float32Array(new Uint8Array(readFileSync(path)).buffer);
const total = { files: 0, seconds: 0, tokens: 0, differing: 0, frames: 0, differingFrames: 0, sound: 0 };
try {
  const raw = ['--force', '--quiet', '--raw', '--sample-format', 'f32le'];
  for (const name of names) {
    const path = join(sounds, name);
    const [npy, decoded] = [join(out, 'a.npy'), join(out, 'a.raw')];
    execFileSync(program, ['encode', ...raw, '--tokens', String(codec.groups), path, '-o', npy]);
    const bytes = new Uint8Array(readFileSync(npy));
    const data = new Uint16Array(bytes.slice(10 + bytes[8] + 256 * bytes[9]).buffer);
    const samples = floats(path);
    const found = codec.tokenize(samples);
    if (found.data.length !== data.length) throw new Error(`${name}: ${found.data.length} tokens, the program made ${data.length}`);
    for (let frame = 0; frame < found.frames; ++frame) {
      let differing = 0;
      for (let i = frame * codec.groups; i < (frame + 1) * codec.groups; ++i) differing += found.data[i] !== data[i];
      total.differing += differing;
      total.differingFrames += differing > 0;
    }
    if (names.length < 50 || total.files % 10 === 0) {
      execFileSync(program, ['decode', ...raw, npy, '-o', decoded]);
      const native = floats(decoded);
      const sound = codec.detokenize({ ...found, data });
      for (let i = 0; i < native.length; ++i) total.sound = Math.max(total.sound, Math.abs(native[i] - sound[i]));
    }
    total.files += 1;
    total.seconds += samples.length / 16000;
    total.tokens += data.length;
    total.frames += found.frames;
    if (total.files % 50 === 0) console.error(total);
  }
} finally {
  rmSync(out, { recursive: true });
}
console.log(
  `${total.files} sounds, ${Math.round(total.seconds)} s, ${total.tokens} tokens: ${total.differing} differ ` +
    `(${((1e5 * total.differing) / total.tokens).toFixed(2)} in 100,000), in ${total.differingFrames} of ${total.frames} frames; ` +
    `decoded sound differs by ${total.sound.toExponential(1)} at most`,
);
