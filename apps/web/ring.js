/** Samples of several channels on their way from one rhythm to another: what is written in any portions is read in any portions. */
export class SampleRing {
  #data;
  #start = 0;
  #filled = 0;

  /**
   * @param {number} channels
   * @param {number} capacity samples of each channel
   */
  constructor(channels, capacity) {
    this.#data = Array.from({length: channels}, () => new Float32Array(capacity));
    this.capacity = capacity;
  }

  /** Samples of each channel that wait. */
  get filled() { return this.#filled; }

  /**
   * @param {Float32Array[]} block as many samples of each channel
   * @returns {number} samples that found room; the rest is lost
   */
  write(block) {
    const count = Math.min(block[0].length, this.capacity - this.#filled);
    const at = (this.#start + this.#filled) % this.capacity;
    const first = Math.min(count, this.capacity - at);
    for (const [channel, data] of this.#data.entries()) {
      data.set(block[channel].subarray(0, first), at);
      data.set(block[channel].subarray(first, count), 0);
    }
    this.#filled += count;
    return count;
  }

  /**
   * @param {Float32Array[]} block filled from its beginning
   * @returns {number} samples of each channel that there were
   */
  read(block) {
    const count = Math.min(block[0].length, this.#filled);
    const first = Math.min(count, this.capacity - this.#start);
    for (const [channel, data] of this.#data.entries()) {
      block[channel].set(data.subarray(this.#start, this.#start + first), 0);
      block[channel].set(data.subarray(0, count - first), first);
    }
    this.drop(count);
    return count;
  }

  /** @param {number} count samples of each channel to forget, the oldest first */
  drop(count) {
    const dropped = Math.min(count, this.#filled);
    this.#start = (this.#start + dropped) % this.capacity;
    this.#filled -= dropped;
  }
}
