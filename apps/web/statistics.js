const LONG = 500;  // packets that the share of lost ones is about, ten seconds: bursts make it uneven

/** Figures of the packets of late, for the page. */
export class Statistics {
  #recent = [];
  #losses = [];
  #seconds;

  /** @param {number} seconds that the figures are about; a packet has 20 ms */
  constructor(seconds = 3) {
    this.#seconds = seconds;
    this.reset();
  }

  reset() {
    this.#recent = [];
    this.#losses = [];
    this.packets = 0;
    /** Packets that took longer than they last. */
    this.late = 0;
  }

  /** @param {{bytes: number, lost: boolean, milliseconds: number}} packet */
  add(packet) {
    this.packets++;
    this.#losses.push(packet.lost ? 1 : 0);
    if (this.#losses.length > LONG) this.#losses.shift();
    this.late += packet.milliseconds > 20 ? 1 : 0;
    this.#recent.push(packet);
    if (this.#recent.length > 50 * this.#seconds) this.#recent.shift();
  }

  /** Payload that was sent, lost packets too, in kbit/s; null before the first packet. */
  get kilobits() {
    const bytes = this.#recent.reduce((sum, packet) => sum + packet.bytes, 0);
    return this.#recent.length ? 8 * bytes / (20 * this.#recent.length) : null;
  }

  /** Share of packets that were lost; null before the first. */
  get lost() { return this.#losses.length ? this.#losses.reduce((a, b) => a + b, 0) / this.#losses.length : null; }

  /** @param {number} share 0 .. 1 */
  milliseconds(share) {
    const sorted = this.#recent.map(packet => packet.milliseconds).sort((a, b) => a - b);
    return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] : null;
  }
}
