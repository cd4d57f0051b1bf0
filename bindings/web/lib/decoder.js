import { checkedFormat, checkedOptions, checkedPacket, integer, shown } from './arguments.js';
import { joined } from './bytes.js';
import { Engine } from './engine.js';
import { wrong } from './errors.js';
import { Handle } from './handle.js';
import { MAX_FRAMES, PIECE } from './limits.js';

const MAX_LOST_FRAMES = 3000;

export class Decoder {
  #codec;
  #format;
  #skip;
  #handle;

  constructor(codec, options) {
    if (!(codec?._engine instanceof Engine)) throw wrong('new Decoder(): wanted codec.decoder()');
    const { format = { frames: 1, tokens: codec.groups }, skip = 0 } = checkedOptions(options);
    this.#codec = codec;
    this.#format = checkedFormat(codec, format);
    this.#skip = integer(skip, 0, 65535, 'skip');
    this.#handle = this.#open();
  }
  #open() {
    const format = this.#codec._engine.format(this.#format);
    return new Handle(this.#codec, 'quaver_stream_decoder_close').open(
      'argument', 'quaver_stream_decoder_create', this.#codec._model, format, this.#skip);
  }
  get ready() {
    return Promise.resolve();
  }
  get format() {
    return Object.freeze({ ...this.#format });
  }
  push(packet) {
    if (packet === null) return this.conceal();
    const bytes = checkedPacket(packet);
    return this.#read(this.#handle.checked('quaver_stream_decoder_write', this.#handle.engine.putBytes(bytes), bytes.length));
  }
  #read(ready) {
    const { engine } = this.#handle;
    const samples = new Float32Array(ready);
    for (let at = 0; at < ready; at += PIECE) {
      const count = this.#handle.checked('quaver_stream_decoder_read', engine.out, PIECE);
      samples.set(engine.f32.subarray(engine.out / 4, engine.out / 4 + count), at);
    }
    return samples;
  }
  conceal(frames = this.#format.frames) {
    integer(frames, 0, MAX_LOST_FRAMES, 'frames');
    const parts = [];
    do {
      const some = Math.min(frames, MAX_FRAMES);
      parts.push(this.#read(this.#handle.checked('quaver_stream_decoder_lost', some)));
      frames -= some;
    } while (frames > 0);
    return joined(parts);
  }
  decodeFrame(packet) {
    return this.decodeFrames([packet]);
  }
  decodeFrames(packets) {
    if (!Array.isArray(packets)) throw wrong(`packets: got ${shown(packets)}, wanted an array`);
    const parts = [];
    const errors = [];
    let samplesDecoded = 0;
    packets.forEach((packet, number) => {
      let samples;
      try {
        samples = this.push(packet);
      } catch (error) {
        if (error.code !== 'packet') throw error;
        errors.push({ message: error.message, packet: number });
        samples = this.conceal();
      }
      parts.push(samples);
      samplesDecoded += samples.length;
    });
    return { channelData: [joined(parts)], samplesDecoded, sampleRate: this.#codec.sampleRate, errors };
  }
  // The end of a sound of `length` samples.
  _finish(length) {
    return this.#read(this.#handle.checked('quaver_stream_decoder_flush', BigInt(length)));
  }
  reset() {
    this.#handle.call('quaver_stream_decoder_read', this.#handle.engine.out, 0); // throws after free()
    const old = this.#handle;
    this.#handle = this.#open();
    old.free();
  }
  free() {
    this.#handle.free();
  }
}
