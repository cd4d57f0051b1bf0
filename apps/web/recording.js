const KEPT = 600 * 16000;  // samples, ten minutes

/** What was recorded, the latest at the end. */
export class Recording {
  #blocks = [];
  #samples = 0;

  put(samples) {
    this.#blocks.push(samples);
    this.#samples += samples.length;
    while (this.#samples - this.#blocks[0].length >= KEPT) this.#samples -= this.#blocks.shift().length;
  }

  /** Without the first `skip` samples, of which only those are there that were not forgotten. */
  whole(skip = 0) {
    const out = new Float32Array(this.#samples);
    let at = 0;
    for (const block of this.#blocks) {
      out.set(block, at);
      at += block.length;
    }
    return out.subarray(Math.min(skip, out.length));
  }
}
