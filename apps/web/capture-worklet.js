// On the audio thread: what the microphone gives, mixed down, to the codec's worker.

const PORTION = 512;  // samples that travel together

class Capture extends AudioWorkletProcessor {
  #port = null;
  #portion = new Float32Array(PORTION);
  #filled = 0;

  constructor() {
    super();
    this.port.onmessage = ({data}) => { this.#port = data.port; };
  }

  process([channels]) {
    if (!this.#port || channels.length === 0) return true;
    for (let i = 0; i < channels[0].length; i++) {
      let sum = 0;
      for (const channel of channels) sum += channel[i];
      this.#portion[this.#filled++] = sum / channels.length;
      if (this.#filled < PORTION) continue;
      this.#port.postMessage(this.#portion, [this.#portion.buffer]);
      this.#portion = new Float32Array(PORTION);
      this.#filled = 0;
    }
    return true;
  }
}
registerProcessor('capture', Capture);
