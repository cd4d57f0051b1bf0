// The Worker behind QuaverWorker: messages {id, target, method, args}, answered by {id, result} or {id, error}. Target 0 is the
// codec, others are its streams.
import { Quaver, QuaverError } from './quaver.js';

const targets = new Map();
let last = 0;
let codec;

// What may move instead of being copied.
function buffersOf(value) {
  if (value instanceof Float32Array || value instanceof Uint8Array || value instanceof Uint16Array) return [value.buffer];
  if (Array.isArray(value)) return value.flatMap(buffersOf);
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(buffersOf) : [];
}

async function load(options, progress) {
  codec = await Quaver.load({ ...options, progress });
  const { version, identity, metadata, sampleRate, frameSamples, groups, codes, delay, runIn } = codec;
  return { version, identity, metadata, sampleRate, frameSamples, groups, codes, delay, runIn };
}

function opened(stream) {
  targets.set(++last, stream);
  return { target: last, format: stream.format };
}

function run(target, method, args) {
  if (target === 0) {
    const result = codec[method](...args);
    return method === 'encoder' || method === 'decoder' ? opened(result) : result;
  }
  const stream = targets.get(target);
  if (method === 'free') {
    stream?.free();
    targets.delete(target);
    return undefined;
  }
  if (!stream) throw new QuaverError('state', 'used after free()');
  return stream[method](...args);
}

function serve(port) {
  return async ({ id, target, method, args }) => {
    try {
      const progress = (...progress) => port.postMessage({ id, progress });
      const result = method === 'load' ? await load(args[0], progress) : run(target, method, args);
      port.postMessage({ id, result }, [...new Set(buffersOf(result))]);
    } catch (error) {
      port.postMessage({ id, error: { code: error instanceof QuaverError ? error.code : 'state', message: error.message } });
    }
  };
}

if (typeof self !== 'undefined' && typeof self.postMessage === 'function') {
  const answer = serve(self);
  self.onmessage = (event) => answer(event.data);
} else {
  // No await: bundlers make classic scripts of workers.
  const threads = 'node:worker_threads'; // not seen by bundlers
  import(/* @vite-ignore */ /* webpackIgnore: true */ threads).then(({ parentPort }) => parentPort.on('message', serve(parentPort)));
}
