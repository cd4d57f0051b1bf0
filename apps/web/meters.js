const FLOOR = -60;  // dB at the left end
const FALL = 26;    // dB a second

/** A level meter: the peak of the sound, falling slowly. */
export class LevelMeter {
  #element;
  #bar;
  #text;
  #level = FLOOR;

  /**
   * @param {HTMLElement} element with role="meter", around the bar
   * @param {HTMLElement} text says the level
   */
  constructor(element, text) {
    this.#element = element;
    this.#bar = element.firstElementChild;
    this.#text = text;
    this.draw();
  }

  /** @param {Float32Array} samples 16 kHz */
  push(samples) {
    let peak = 0;
    for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
    this.#level = Math.max(20 * Math.log10(peak + 1e-9), this.#level - FALL * samples.length / 16000, FLOOR);
  }

  draw() {
    const level = Math.min(0, this.#level);
    this.#bar.style.transform = `scaleX(${1 - level / FLOOR})`;
    this.#element.classList.toggle('loud', this.#level > -1);
    const words = level <= FLOOR ? 'silence' : `${level.toFixed(0)} dB`;
    if (this.#text.textContent === words) return;
    this.#text.textContent = words;
    this.#element.setAttribute('aria-valuenow', level.toFixed(0));
    this.#element.setAttribute('aria-valuetext', words);
  }

  clear() { this.#level = FLOOR; }
}
