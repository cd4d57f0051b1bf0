import {RAMP} from './colours.js';
import {Spectrum} from './fft.js';
import {ScrollingPicture} from './scroll.js';

const SIZE = 512;             // samples under the window, at 16 kHz: 31 Hz a row
const HOP = 160;              // samples a column: 10 ms
const SOFT = -95, LOUD = -20; // dB, black and bright

/** The spectrogram of a sound while it comes in. */
export class Spectrogram {
  #picture;
  #spectrum = new Spectrum(SIZE);
  #levels = new Float32Array(SIZE / 2);
  #samples = new Float32Array(SIZE);
  #fresh = 0;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) { this.#picture = new ScrollingPicture(canvas, SIZE / 2, 1); }

  /** @param {Float32Array} samples 16 kHz */
  push(samples) {
    for (let at = 0; at < samples.length;) {
      const piece = samples.subarray(at, at + HOP - this.#fresh);
      this.#samples.copyWithin(0, piece.length);
      this.#samples.set(piece, SIZE - piece.length);
      at += piece.length;
      this.#fresh += piece.length;
      if (this.#fresh < HOP) continue;
      this.#fresh = 0;
      this.#picture.push(this.#column());
    }
  }

  draw() { this.#picture.draw(); }

  clear() {
    this.#samples.fill(0);
    this.#picture.clear();
  }

  #column() {
    this.#spectrum.levels(this.#samples, this.#levels);
    const column = new Uint8ClampedArray(4 * this.#levels.length);
    for (const [bin, level] of this.#levels.entries()) {
      const share = Math.max(0, Math.min(1, (level - SOFT) / (LOUD - SOFT)));
      column.set([...RAMP[Math.round(255 * share)], 255], 4 * (this.#levels.length - 1 - bin));
    }
    return column;
  }
}
