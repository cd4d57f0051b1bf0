/** Levels of the frequencies in a piece of sound, through a fast Fourier transform (radix 2) under a Hann window. */
export class Spectrum {
  #size;
  #window;
  #cos;
  #sin;
  #reversed;
  #real;
  #imaginary;

  /** @param {number} size samples, a power of 2 */
  constructor(size) {
    const bits = Math.log2(size);
    this.#size = size;
    this.#window = Float64Array.from({length: size}, (_, i) => 0.5 - 0.5 * Math.cos(2 * Math.PI * i / size));
    this.#cos = Float64Array.from({length: size / 2}, (_, i) => Math.cos(2 * Math.PI * i / size));
    this.#sin = Float64Array.from({length: size / 2}, (_, i) => -Math.sin(2 * Math.PI * i / size));
    this.#reversed = Uint32Array.from({length: size}, (_, i) => {
      let out = 0;
      for (let bit = 0; bit < bits; bit++) out |= ((i >> bit) & 1) << (bits - 1 - bit);
      return out;
    });
    this.#real = new Float64Array(size);
    this.#imaginary = new Float64Array(size);
  }

  /**
   * @param {Float32Array} samples `size` of them
   * @param {Float32Array} levels gets size / 2 levels in dB from 0 Hz up; a full-scale sine has 0 dB
   */
  levels(samples, levels) {
    const size = this.#size, real = this.#real, imaginary = this.#imaginary;
    for (let i = 0; i < size; i++) {
      real[this.#reversed[i]] = samples[i] * this.#window[i];
      imaginary[i] = 0;
    }
    for (let half = 1; half < size; half *= 2) {
      const step = size / (2 * half);
      for (let block = 0; block < size; block += 2 * half) {
        for (let i = 0; i < half; i++) {
          const a = block + i, b = a + half, c = this.#cos[i * step], s = this.#sin[i * step];
          const re = real[b] * c - imaginary[b] * s, im = real[b] * s + imaginary[b] * c;
          real[b] = real[a] - re;
          imaginary[b] = imaginary[a] - im;
          real[a] += re;
          imaginary[a] += im;
        }
      }
    }
    const scale = (4 / size) ** 2;  // the mean of the window is a half
    for (let i = 0; i < size / 2; i++) {
      levels[i] = 10 * Math.log10(scale * (real[i] ** 2 + imaginary[i] ** 2) + 1e-12);
    }
  }
}
