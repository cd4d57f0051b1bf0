// On the audio thread: what the microphone gives, mixed down, to the codec's worker.

const PORTION = 512;  // samples that travel together

class Capture extends AudioWorkletProcessor {
  #port = null;
  #portion = new Float32Array(PORTION);
  #filled = 0;
  #stopped = false;

  constructor() {
    super();
    this.port.onmessage = ({data}) => {
      this.#port = data.port ?? this.#port;
      this.#stopped = !!data.stop;
    };
  }

  process([channels]) {
    if (this.#stopped) return false;
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
