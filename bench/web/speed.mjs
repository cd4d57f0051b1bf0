// Speed of the WebAssembly beside the native library and beside Opus in WebAssembly, in one run:
//   node bench/web/speed.mjs PACKAGE LIBRARY SOUND NPM CHROMIUM
// PACKAGE: build/web/package; LIBRARY: libquaver.so of a release build; SOUND: floats, one channel, 16 kHz, little-endian; NPM: a
// folder in which `npm install libopus-wasm @wasm-audio-decoders/opus-ml playwright-core` ran; CHROMIUM: the browser's program.
// A live stream of 3 kbit/s, packets of 20 ms, one thread. Times are CPU time of the process, in Chromium those of the clock;
// the time of a packet is the median of the rounds, so that other work of the machine counts little.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startChromium } from './chromium.mjs';
import { opusStream, quaverStream, timed } from './streams.js';

const [folder, library, path, npm, browser] = process.argv.slice(2).map((argument) => resolve(argument));
if (!browser) throw new Error('usage: speed.mjs PACKAGE LIBRARY SOUND NPM CHROMIUM');
const ROUNDS = 5;
const [NATIVE, NODE] = ['Quaver, native', 'Quaver, Node'];

const require = createRequire(join(npm, 'package.json'));
const module = (name) => import(pathToFileURL(join(npm, 'node_modules', name)).href);
const { Quaver } = await import(pathToFileURL(join(folder, 'quaver.js')).href);
const opus = await module('libopus-wasm/dist/index.js');
const { OpusMLDecoder } = await import(pathToFileURL(require.resolve('@wasm-audio-decoders/opus-ml')).href);
const codec = await Quaver.load();
const bytes = new Uint8Array(readFileSync(path));
const sound = new Float32Array(bytes.buffer);
const now = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const out = mkdtempSync(join(tmpdir(), 'quaver-web-'));
const program = join(out, 'native_packets');
const source = fileURLToPath(new URL('../..', import.meta.url));
execFileSync('cc', ['-O2', '-I', source, join(source, 'bench/web/native_packets.c'), library, `-Wl,-rpath,${dirname(library)}`, '-o', program]);
function native() {
  const text = execFileSync(program, [join(folder, 'speech-16k.safetensors'), path], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const times = text.trim().split('\n').map((line) => line.split(' ').map((value) => value / 1000));
  return { encode: times.map(([encode]) => encode), decode: times.map(([, decode]) => decode) };
}

const ml = new OpusMLDecoder({ sampleRate: 16000, channels: 1 });
await ml.ready;
async function decodeOnly(packets) {
  await ml.reset();
  let next = 0;
  return { decode: timed(sound, now, () => packets[next++], (packet) => ml.decodeFrame(packet)).decode };
}

const chromium = await startChromium({ folder, sound: bytes, npm, browser });
const rounds = new Map(); // of each stream
try {
  for (let round = 0; round <= ROUNDS; ++round) {
    const packets = [];
    const streams = [
      [NATIVE, native()],
      [NODE, quaverStream(codec, sound, now)],
      ['Opus 12 kbit/s (libopus-wasm), Node', await opusStream(opus, sound, now, packets)],
      ['Opus (opus-ml, with its neural concealment), Node', await decodeOnly(packets)],
      ...(await chromium.round()),
    ];
    if (round === 0) continue; // compilers and caches warm up
    for (const [name, times] of streams) rounds.set(name, [...(rounds.get(name) ?? []), times]);
  }
} finally {
  await chromium.close();
  ml.free();
  rmSync(out, { recursive: true });
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const table = new Map([...rounds].map(([name, all]) => [name, Object.fromEntries(Object.keys(all[0]).map((half) =>
  [half, all[0][half].map((_, packet) => median(all.map((times) => times[half][packet])))]))]));
const sum = (times) => times.reduce((total, time) => total + time, 0);
const at = (times, share) => [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(share * times.length))];
console.log('| | encode, x real time | p50, ms | p99, ms | decode, x real time | p50, ms | p99, ms |');
console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const [name, { encode, decode }] of table) {
  const cells = [encode, decode].flatMap((times) =>
    times ? [((times.length * 20) / sum(times)).toFixed(0), at(times, 0.5).toFixed(2), at(times, 0.99).toFixed(2)] : ['', '', '']);
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}
const both = ({ encode, decode }) => at(encode, 0.5) + at(decode, 0.5);
for (const name of [NODE, 'Quaver, Chromium'])
  console.log(`${name}: ${both(table.get(name)).toFixed(2)} ms for a packet, ${((100 * both(table.get(NATIVE))) / both(table.get(name))).toFixed(0)} % of the native speed`);
console.log(`Node ${process.versions.node}, Chromium ${chromium.version}`);
