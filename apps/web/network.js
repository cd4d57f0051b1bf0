// A network that loses packets (Gilbert-Elliott): a good state that loses nothing, and a bad one that loses everything, with
// chances to go from one to the other. E. N. Gilbert, "Capacity of a burst-noise channel", Bell System Technical Journal 39(5),
// 1960. `quaver live --loss --burst` computes it the same way.

/** Numbers from 0 up to 1, the same for the same seed (Mulberry32 by Tommy Ettinger, public domain). */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export class LossChain {
  #random;
  #lost;
  #enter = 0;
  #leave = 1;

  /**
   * @param {number} loss share of packets lost, 0 .. 1
   * @param {number} burst mean number of packets lost in a row, at least 1; 0: losses are independent
   * @param {number} seed
   */
  constructor(loss, burst, seed) {
    this.#random = randomNumbers(seed);
    this.set(loss, burst);
    this.#lost = this.#random() < loss;
  }

  /** From the next packet on. With a high loss, bursts shorter than loss / (1 - loss) cannot be: then they are that long. */
  set(loss, burst) {
    if (loss <= 0 || loss >= 1) {
      this.#enter = loss <= 0 ? 0 : 1;
      this.#leave = 1 - this.#enter;
      return;
    }
    const odds = loss / (1 - loss);
    this.#leave = 1 / Math.max(1, odds, burst > 0 ? burst : 1 / (1 - loss));
    this.#enter = Math.min(1, this.#leave * odds);
  }

  /** @returns {boolean} whether the next packet is lost */
  next() {
    this.#lost = this.#lost ? this.#random() >= this.#leave : this.#random() < this.#enter;
    return this.#lost;
  }
}
