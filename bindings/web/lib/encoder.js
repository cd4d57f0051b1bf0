import { checkedBitrate, checkedOptions, floats, integer } from './arguments.js';
import { Engine } from './engine.js';
import { wrong } from './errors.js';
import { Handle } from './handle.js';
import { MAX_FRAMES, MAX_PACKET_BYTES, PIECE } from './limits.js';

// A quaver_options of the arguments, at `small`.
function optionsOf(codec, options, frames) {
  const { bitrate, tokens, framesPerPacket = frames, variableRate = false, effort = 0 } = checkedOptions(options);
  if (bitrate !== undefined && tokens !== undefined) throw wrong('got both bitrate and tokens, wanted one of them');
  if (bitrate !== undefined) checkedBitrate(bitrate);
  if (tokens !== undefined) integer(tokens, 1, codec.groups, 'tokens');
  integer(framesPerPacket, 1, MAX_FRAMES, 'framesPerPacket');
  integer(effort, 0, 2, 'effort');
  const engine = codec._engine;
  engine.data.setFloat64(engine.small, tokens === undefined ? bitrate ?? 3000 : 0, true);
  engine.data.setInt32(engine.small + 8, tokens ?? 0, true);
  engine.data.setInt32(engine.small + 12, framesPerPacket, true);
  engine.data.setInt32(engine.small + 16, variableRate ? 1 : 0, true);
  engine.data.setInt32(engine.small + 20, effort, true);
  return engine.small;
}

export class Encoder {
  #codec;
  #handle;
  #format;
  #effort;

  constructor(codec, options, frames) {
    const engine = codec?._engine;
    if (!(engine instanceof Engine)) throw wrong('new Encoder(): wanted codec.encoder()');
    this.#codec = codec;
    this.#handle = new Handle(codec, 'quaver_stream_encoder_close').open(
      'argument', 'quaver_stream_encoder_create', codec._model, optionsOf(codec, options, frames));
    this.#handle.checked('quaver_stream_encoder_format', engine.small);
    this.#format = Object.freeze({
      frames: engine.data.getInt32(engine.small, true),
      tokens: engine.data.getInt32(engine.small + 4, true),
    });
    this.#effort = options?.effort ?? 0;
  }
  get ready() {
    return Promise.resolve();
  }
  get format() {
    return this.#format;
  }
  push(samples) {
    floats(samples, 'samples');
    const packets = [];
    const { engine } = this.#handle;
    if (samples.length === 0) this.#handle.checked('quaver_stream_encoder_write', engine.in, 0);
    for (let at = 0; at < samples.length; at += PIECE) {
      const piece = samples.subarray(at, at + PIECE);
      engine.f32.set(piece, engine.in / 4);
      this.#read(this.#handle.checked('quaver_stream_encoder_write', engine.in, piece.length), packets);
    }
    return packets;
  }
  flush() {
    const packets = [];
    this.#read(this.#handle.checked('quaver_stream_encoder_flush'), packets);
    return packets;
  }
  #read(ready, packets) {
    const { engine } = this.#handle;
    for (; ready > 0; --ready) {
      const size = this.#handle.checked('quaver_stream_encoder_read', engine.out, MAX_PACKET_BYTES);
      packets.push(engine.u8.slice(engine.out, engine.out + size));
    }
  }
  #change(name, value) {
    if (this.#effort > 0) throw wrong('an encoder with an effort looks ahead: its bit rate and tokens cannot change');
    this.#handle.checked(name, value);
  }
  setBitrate(bitrate) {
    checkedBitrate(bitrate);
    this.#codec.tokensForBitrate(bitrate, this.#format.frames); // throws when it is too low
    this.#change('quaver_stream_encoder_set_bitrate', bitrate);
  }
  setTokens(tokens) {
    this.#change('quaver_stream_encoder_set_tokens', integer(tokens, 1, this.#codec.groups, 'tokens'));
  }
  free() {
    this.#handle.free();
  }
}
