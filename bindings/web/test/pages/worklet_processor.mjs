// Encodes and decodes what comes in.
import { Quaver } from '/quaver.js';

class Codec extends AudioWorkletProcessor {
  #encoder;
  #decoder;
  #waiting = [];

  constructor() {
    super();
    this.port.onmessage = async ({ data: { module, weights } }) => {
      try {
        const codec = await Quaver.load({ wasm: module, weights });
        this.#encoder = codec.encoder({ tokens: 6 });
        this.#decoder = codec.decoder({ format: this.#encoder.format });
        this.port.postMessage('ready');
      } catch (error) {
        this.port.postMessage(error.stack);
      }
    };
  }

  process([[input]], [[output]]) {
    if (!input) return true;
    for (const packet of this.#encoder.push(input)) this.#waiting.push(...this.#decoder.push(packet));
    if (this.#waiting.length >= output.length) output.set(this.#waiting.splice(0, output.length));
    return true;
  }
}
registerProcessor('codec', Codec);
