// Files that the visitor takes away, and .qvr files that come back. The codec works in a worker of its own here, so that the
// playback is not disturbed.

import {tokenFile, wavFile} from './files.js';
import {QuaverWorker} from './quaver/quaver.js';

const RATE = 16000;
let codec = null;

/**
 * @param {ArrayBuffer} bytes of a .qvr file
 * @returns {Promise<Float32Array>} 16 kHz
 */
export async function readCoded(bytes) {
  codec ??= QuaverWorker.load();
  return (await (await codec).decode(new Uint8Array(bytes))).channelData[0];
}

/** @param {Uint8Array} bytes */
export function download(bytes, name, type) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes], {type}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** What each kind of file is made of. */
export const FILES = {
  async qvr({input}, tokens) {
    codec ??= QuaverWorker.load();
    return [await (await codec).encode(input, {tokens, framesPerPacket: 25}), 'audio/ogg'];
  },
  async npy({input}, tokens) {
    codec ??= QuaverWorker.load();
    const rows = await (await codec).tokenize(input, tokens);
    return [tokenFile(rows, rows.data.length / rows.frames), 'application/octet-stream'];
  },
  async wav({heard}) {
    return [wavFile(heard, RATE), 'audio/wav'];
  },
};
