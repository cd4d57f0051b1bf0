// Decodes every .opus file of a folder by libopus 1.5 with NoLACE into a 16 kHz WAV file of the same name.
// usage: node nolace.mjs NPM_FOLDER IN_FOLDER OUT_FOLDER     (NPM_FOLDER: where @wasm-audio-decoders/opus-ml was installed)
import fs from 'node:fs';
import path from 'node:path';
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';

const RATE = 16000;
const [npm, inFolder, outFolder] = process.argv.slice(2);
const resolve = createRequire(path.join(npm, 'package.json')).resolve;
const {OpusMLDecoder} = await import(pathToFileURL(resolve('@wasm-audio-decoders/opus-ml')));

// The packets of an Ogg file (RFC 3533), headers included.
function packets(data) {
  const all = [];
  let parts = [];
  for (let page = 0; page + 27 <= data.length && data.toString('latin1', page, page + 4) === 'OggS';) {
    const segments = data[page + 26];
    let at = page + 27 + segments;
    for (let i = 0; i < segments; i++) {
      const size = data[page + 27 + i];
      parts.push(data.subarray(at, at + size));
      at += size;
      if (size < 255) {
        all.push(Buffer.concat(parts));
        parts = [];
      }
    }
    page = at;
  }
  return all;
}

function wav(samples) {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples.byteLength, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(2 * RATE, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([head, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)]);
}

for (const name of fs.readdirSync(inFolder).filter(name => name.endsWith('.opus')).sort()) {
  const [header, , ...audio] = packets(fs.readFileSync(path.join(inFolder, name)));
  const preSkip = header.readUInt16LE(10) / (48000 / RATE);  // RFC 7845: in samples at 48 kHz
  const decoder = new OpusMLDecoder({
    speechQualityEnhancement: 'nolace', sampleRate: RATE, preSkip: 0, channels: 1, streamCount: 1, coupledStreamCount: 0,
    channelMappingTable: [0],
  });
  await decoder.ready;
  const decoded = decoder.decodeFrames(audio.map(packet => new Uint8Array(packet)));
  decoder.free();
  if (decoded.errors.length) {
    console.error(`${name}: ${JSON.stringify(decoded.errors[0])}`);
    process.exit(1);
  }
  const samples = decoded.channelData[0].subarray(Math.round(preSkip));
  const rounded = Int16Array.from(samples, value => Math.max(-32768, Math.min(32767, Math.round(value * 32768))));
  fs.writeFileSync(path.join(outFolder, name.replace(/\.opus$/, '.wav')), wav(rounded));
}
process.exit(0);
