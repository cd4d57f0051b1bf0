// One instance of quaver.wasm with one model. Calls go through call(), which turns what is thrown in there into a QuaverError
// and, since no destructor of C++ runs then, frees all that the object had ("owner", see memory.cc). Bytes travel through two
// buffers that are allocated once, so that a stream allocates nothing but its results.
import { textOf } from './bytes.js';
import { QuaverError, outOfMemory } from './errors.js';
import { PIECE } from './limits.js';

const IN_BYTES = 4 * PIECE;
const TEXT_BYTES = 2048;
const PAGE = 65536;
const INITIAL_PAGES = 32; // as in CMakeLists.txt

export const OUT_BYTES = 4 * PIECE;
export const LEAST_MEMORY = INITIAL_PAGES * PAGE;
export const MOST_MEMORY = 2 ** 31;
// Owners that are no streams.
export const MODEL = 1;
export const SCRATCH = 2;

const CODES = new Map([
  [-1, 'argument'], [-2, 'packet'], [-3, 'state'], [-4, 'argument'], [-5, 'ended'], [-6, 'memory'], [-7, 'state'],
  [-8, 'model'], [-9, 'unsupported'],
]);

// What C++ threw; see memory.cc.
class Thrown extends Error {}

export class Engine {
  static async start(module, maximum) {
    const engine = new Engine();
    engine.memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: Math.floor(maximum / PAGE) });
    const env = {
      memory: engine.memory,
      fail: (what) => {
        throw new Thrown(engine.text(what));
      },
      write: (bytes, size) => engine.file.push(engine.u8.slice(bytes, bytes + size)),
      read: (bytes, size) => {
        const part = engine.file.subarray(engine.at, engine.at + size);
        engine.u8.set(part, bytes);
        engine.at += part.length;
        return part.length;
      },
    };
    const imports = { env };
    // The C library's system calls, none of which the codec makes: errno ENOSYS.
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      if (from !== 'env') (imports[from] ??= {})[name] = () => 52;
    }
    engine.x = (await WebAssembly.instantiate(module, imports)).exports;
    engine.x._initialize?.();
    engine.owners = SCRATCH;
    engine.in = engine.allocate(IN_BYTES);
    engine.out = engine.allocate(OUT_BYTES);
    engine.why = engine.allocate(TEXT_BYTES);
    engine.small = engine.allocate(128); // structures
    return engine;
  }

  // Views end when the memory grows.
  get u8() {
    if (this.bytes?.buffer !== this.memory.buffer) {
      this.bytes = new Uint8Array(this.memory.buffer);
      this.shorts = new Uint16Array(this.memory.buffer);
      this.singles = new Float32Array(this.memory.buffer);
      this.view = new DataView(this.memory.buffer);
    }
    return this.bytes;
  }
  get u16() {
    return this.u8 && this.shorts;
  }
  get f32() {
    return this.u8 && this.singles;
  }
  get data() {
    return this.u8 && this.view;
  }

  owner() {
    return ++this.owners;
  }

  allocate(bytes) {
    const block = this.x.malloc(bytes);
    if (block === 0) throw outOfMemory();
    return block;
  }

  // Throws what the call throws, when all that `owner` had is freed.
  call(owner, name, ...args) {
    const x = this.x;
    const stack = x.__stack_pointer.value;
    x.own(owner);
    try {
      return x[name](...args);
    } catch (error) {
      x.__stack_pointer.value = stack;
      if (owner !== MODEL) x.disown(owner);
      if (error instanceof QuaverError) throw error;
      if (error instanceof Thrown && /bad_alloc|length_error/.test(error.message)) throw outOfMemory();
      throw new QuaverError('state', `quaver.wasm failed in ${name}: ${error.message}`, { cause: error });
    }
  }

  // The same of calls that return a negative quaver_error when they fail.
  checked(owner, name, ...args) {
    const result = this.call(owner, name, ...args);
    if (result < 0) throw this.errorOf(result);
    return result;
  }

  // The same of calls that return NULL and write the reason into the last two arguments, `why` and its size.
  made(owner, code, name, ...args) {
    this.u8[this.why] = 0;
    const handle = this.call(owner, name, ...args, this.why, TEXT_BYTES);
    if (handle === 0) throw new QuaverError(code, this.text(this.why) || 'failed without a reason');
    return handle;
  }

  errorOf(result) {
    return new QuaverError(CODES.get(result) ?? 'state', this.text(this.x.quaver_error_text(result)));
  }

  text(at) {
    const bytes = this.u8;
    return textOf(bytes.slice(at, bytes.indexOf(0, at)));
  }

  // A quaver_format, at `small`.
  format({ frames, tokens }) {
    this.data.setInt32(this.small, frames, true);
    this.data.setInt32(this.small + 4, tokens, true);
    return this.small;
  }

  putBytes(bytes) {
    this.u8.set(bytes, this.in);
    return this.in;
  }
}
