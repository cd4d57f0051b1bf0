import { QuaverError, outOfMemory } from './errors.js';

// An object of C++ behind a handle. `#handle` is 0 when it is freed, or was after a failure.
export class Handle {
  #codec;
  #owner;
  #handle;
  #close;
  #why;

  constructor(codec, close) {
    this.#codec = codec;
    this.#close = close;
    this.#owner = codec._engine.owner();
  }
  open(code, name, ...args) {
    this.#handle = this.#codec._engine.made(this.#owner, code, name, ...args);
    return this;
  }
  openOrFail(name, ...args) {
    this.#handle = this.#codec._engine.call(this.#owner, name, ...args);
    if (this.#handle === 0) throw outOfMemory();
    return this;
  }
  get engine() {
    return this.#codec._engine;
  }
  #usable() {
    void this.#codec._engine; // throws when the codec is freed
    if (this.#why) throw new QuaverError('state', `the stream ended with an error: ${this.#why}`);
    if (!this.#handle) throw new QuaverError('state', 'used after free()');
  }
  call(name, ...args) {
    this.#usable();
    try {
      return this.engine.call(this.#owner, name, this.#handle, ...args);
    } catch (error) {
      this.#handle = 0;
      this.#why = error.message;
      throw error;
    }
  }
  checked(name, ...args) {
    const result = this.call(name, ...args);
    if (result < 0) throw this.engine.errorOf(result);
    return result;
  }
  // Both calls may be made again and again.
  free() {
    if (this.#handle && this.#codec._alive) this.call(this.#close);
    this.#handle = 0;
    this.#why = undefined;
  }
}
