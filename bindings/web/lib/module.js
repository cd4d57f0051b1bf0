// quaver.wasm, compiled.
import { isBytes } from './arguments.js';
import { QuaverError } from './errors.js';
import { checkedPlace, fetched, needFetch } from './fetch.js';

// A function with a vector in it.
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];

const beside = () => new URL('../quaver.wasm', import.meta.url);

export async function compiled(wasm) {
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(new Uint8Array(SIMD)))
    throw new QuaverError('unsupported', 'Quaver needs WebAssembly with SIMD (128 bits), which is not here: use a newer browser');
  if (Object.prototype.toString.call(wasm) === '[object WebAssembly.Module]') return wasm;
  if (!isBytes(wasm)) {
    needFetch('wasm');
    wasm = await fetched(checkedPlace(wasm ?? beside(), 'wasm'));
  }
  try {
    return await WebAssembly.compile(wasm);
  } catch (error) {
    throw new QuaverError('unsupported', `quaver.wasm cannot be compiled: ${error.message}`, { cause: error });
  }
}
