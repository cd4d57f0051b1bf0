// Speed of the WebAssembly beside the native library and beside Opus in WebAssembly, in one run:
//   node bench/web/speed.mjs PACKAGE LIBRARY SOUND [NPM]
// PACKAGE: build/web/package; LIBRARY: libquaver.so of a release build; SOUND: floats, one channel, 16 kHz, little-endian; NPM: a
// folder in which `npm install opusscript @wasm-audio-decoders/opus-ml` ran. A live stream of 3 kbit/s, packets of 20 ms. All
// times are CPU time of the process, so that other work of the machine counts little; run it under `taskset -c N`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, library, path, npm] = process.argv.slice(2).map((argument) => resolve(argument));
if (!path) throw new Error('usage: speed.mjs PACKAGE LIBRARY SOUND [NPM]');
const ROUNDS = 3;
const { Quaver } = await import(pathToFileURL(join(folder, 'quaver.js')).href);
const codec = await Quaver.load();
const sound = new Float32Array(new Uint8Array(readFileSync(path)).buffer);
const frames = Math.floor(sound.length / 320);
const now = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const table = new Map();
function add(name, encode, decode) {
  const row = table.get(name) ?? { encode: [], decode: [] };
  if (encode) row.encode.push(...encode);
  if (decode) row.decode.push(...decode);
  table.set(name, row);
}

// run(frame) gives a packet; play(packet) decodes it.
function stream(name, run, play) {
  const [encode, decode] = [[], []];
  for (let frame = 0; frame < frames; ++frame) {
    const start = now();
    const packet = run?.(frame);
    const middle = now();
    play?.(packet, frame);
    encode.push(middle - start);
    decode.push(now() - middle);
  }
  add(name, run && encode, play && decode);
}

function wasm() {
  const encoder = codec.encoder({ bitrate: 3000 });
  const decoder = codec.decoder({ format: encoder.format });
  stream('Quaver, WebAssembly', (frame) => encoder.push(sound.subarray(frame * 320, frame * 320 + 320))[0],
    (packet) => packet && decoder.push(packet));
  encoder.free();
  decoder.free();
}

const out = mkdtempSync(join(tmpdir(), 'quaver-web-'));
const program = join(out, 'native_packets');
const source = new URL('../..', import.meta.url).pathname;
execFileSync('cc', ['-O2', '-I', source, join(source, 'bench/web/native_packets.c'), library, `-Wl,-rpath,${dirname(library)}`, '-o', program]);
function native() {
  const text = execFileSync(program, [join(folder, 'speech-16k.safetensors'), path], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const times = text.trim().split('\n').map((line) => line.split(' ').map(Number));
  add('Quaver, native', times.map(([encode]) => encode), times.map(([, decode]) => decode));
}

let opus;
if (npm) {
  const require = createRequire(join(npm, 'package.json'));
  const OpusScript = require('opusscript');
  const { OpusMLDecoder } = await import(pathToFileURL(require.resolve('@wasm-audio-decoders/opus-ml')).href);
  const pcm = Buffer.from(Int16Array.from(sound, (x) => Math.max(-32768, Math.min(32767, Math.round(32768 * x)))).buffer);
  const ml = new OpusMLDecoder({ sampleRate: 16000, channels: 1 });
  await ml.ready;
  opus = async () => {
    const coder = new OpusScript(16000, 1, OpusScript.Application.VOIP);
    coder.setBitrate(12000);
    const packets = [];
    stream('Opus 12 kbit/s, WebAssembly (opusscript)', (frame) => {
      packets.push(coder.encode(pcm.subarray(frame * 640, frame * 640 + 640), 320));
      return packets.at(-1);
    }, (packet) => coder.decode(packet));
    await ml.reset();
    stream('Opus, WebAssembly (opus-ml)', undefined, (_, frame) => ml.decodeFrame(packets[frame]));
  };
}

try {
  for (let round = 0; round <= ROUNDS; ++round) {
    wasm();
    native();
    await opus?.();
    if (round === 0) table.clear(); // compilers and caches warm up
  }
} finally {
  rmSync(out, { recursive: true });
}

const sum = (times) => times.reduce((total, time) => total + time, 0);
const at = (times, share) => [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(share * times.length))] / 1000;
console.log('| | encode, x real time | p50, ms | p99, ms | decode, x real time | p50, ms | p99, ms |');
console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const [name, row] of table) {
  const cells = [row.encode, row.decode].flatMap((times) =>
    times.length === 0 ? ['', '', ''] : [((times.length * 20000) / sum(times)).toFixed(0), at(times, 0.5).toFixed(2), at(times, 0.99).toFixed(2)]);
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}
const [web, own] = ['Quaver, WebAssembly', 'Quaver, native'].map((name) => table.get(name));
const both = (row) => at(row.encode, 0.5) + at(row.decode, 0.5);
console.log(`a packet, both: ${both(web).toFixed(2)} ms; native speed / this: ${(both(web) / both(own)).toFixed(2)}`);
