// From one sampling rate to another: each output sample is the input under a sinc, windowed by a Kaiser window. Between two
// integer rates there are only as many positions of output samples between input samples as the reduced ratio has
// (48000 to 16000: one; 16000 to 44100: 441), so the weights of all of them are computed once.

const CROSSINGS = 24;  // of zero, on either side of the sinc
const BETA = 9;        // of the window: 90 dB
const PASS = 0.95;     // of the lower of the two Nyquist frequencies

const divisor = (a, b) => b === 0 ? a : divisor(b, a % b);

/** Modified Bessel function of order 0. */
function bessel(x) {
  let sum = 1, term = 1;
  for (let k = 1; term > 1e-12 * sum; k++) sum += term *= (x / (2 * k)) ** 2;
  return sum;
}

export class Resampler {
  #weights;  // [phase][tap]
  #taps;
  #tail;     // the last taps - 1 samples, then what is pushed
  #next = 0; // place of the next output sample, in steps of 1 / up input samples, from the beginning of #tail
  #up;
  #down;

  /**
   * @param {number} from Hz, an integer
   * @param {number} to Hz, an integer
   */
  constructor(from, to) {
    const common = divisor(from, to);
    this.#up = to / common;
    this.#down = from / common;
    const cutoff = PASS * Math.min(1, to / from);
    const half = Math.ceil(CROSSINGS / cutoff);
    this.#taps = 2 * half;
    this.#weights = Array.from({length: this.#up}, (_, phase) => {
      const weights = Float64Array.from({length: this.#taps}, (_, tap) => {
        const x = tap - (half - 1) - phase / this.#up;
        const inside = 1 - (x / half) ** 2;
        if (inside <= 0) return 0;
        const sinc = x === 0 ? 1 : Math.sin(Math.PI * cutoff * x) / (Math.PI * cutoff * x);
        return sinc * bessel(BETA * Math.sqrt(inside));
      });
      const sum = weights.reduce((a, b) => a + b, 0);
      return weights.map(weight => weight / sum);
    });
    this.#tail = new Float32Array(half - 1);
    /** Input samples that an output sample looks ahead. */
    this.ahead = half;
  }

  /**
   * @param {Float32Array} samples any number of them
   * @returns {Float32Array} all that can be computed by now; aligned with the input
   */
  push(samples) {
    const data = new Float32Array(this.#tail.length + samples.length);
    data.set(this.#tail);
    data.set(samples, this.#tail.length);
    const last = (data.length - this.#taps) * this.#up;
    const count = last < this.#next ? 0 : Math.floor((last - this.#next) / this.#down) + 1;
    const out = new Float32Array(count);
    for (let i = 0; i < count; i++, this.#next += this.#down) {
      const at = Math.floor(this.#next / this.#up), weights = this.#weights[this.#next % this.#up];
      let sum = 0;
      for (let tap = 0; tap < this.#taps; tap++) sum += weights[tap] * data[at + tap];
      out[i] = sum;
    }
    const done = Math.min(Math.floor(this.#next / this.#up), data.length);
    this.#tail = data.slice(done);
    this.#next -= done * this.#up;
    return out;
  }
}
