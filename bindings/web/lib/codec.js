import { checkedOptions, checkedProgress, integer, shown } from './arguments.js';
import { hexOf } from './bytes.js';
import { Decoder } from './decoder.js';
import { DEFAULT_IDENTITY } from './default_model.js';
import { Encoder } from './encoder.js';
import { Engine, LEAST_MEMORY, MODEL, MOST_MEMORY, SCRATCH } from './engine.js';
import { QuaverError, wrong } from './errors.js';
import { decodeFile, encodeFile } from './file.js';
import { MAX_FRAMES } from './limits.js';
import { compiled } from './module.js';
import { pack, packetFrames, unpack } from './packets.js';
import { detokenize, tokenize } from './tokens.js';
import { withWeights } from './weights.js';

const DEFAULT_MEMORY = 2 ** 30;

function checkedIdentity({ identity, weights }) {
  // What lies beside the package is of its release.
  if (identity === undefined) return weights === undefined ? DEFAULT_IDENTITY : undefined;
  if (typeof identity !== 'string' || !/^[0-9a-f]{64}$/i.test(identity))
    throw wrong(`identity: got ${shown(identity)}, wanted 64 hexadecimal digits`);
  return identity.toLowerCase();
}

export class Quaver {
  #engine;
  #model;

  static async load(options) {
    const checked = checkedOptions(options);
    checkedProgress(checked.progress);
    const identity = checkedIdentity(checked);
    const maximum = integer(checked.memory ?? DEFAULT_MEMORY, LEAST_MEMORY, MOST_MEMORY, 'memory');
    const module = await compiled(checked.wasm);
    return withWeights(checked, async (weights) => new Quaver(await Engine.start(module, maximum), weights, identity));
  }

  constructor(engine, weights, identity) {
    if (!(engine instanceof Engine)) throw wrong('new Quaver(): wanted Quaver.load()');
    this.#engine = engine;
    const bytes = engine.allocate(Math.max(1, weights.length));
    engine.u8.set(weights, bytes);
    this.#model = engine.made(MODEL, 'model', 'quaver_model_from_memory', bytes, weights.length);
    engine.x.free(bytes);

    const x = engine.x;
    engine.checked(MODEL, 'quaver_model_identity', this.#model, engine.small);
    this.identity = hexOf(engine.u8.slice(engine.small, engine.small + 32));
    if (identity !== undefined && identity !== this.identity)
      throw new QuaverError('model', `the weights are of another model: ${this.identity}, wanted ${identity}`);
    this.version = engine.text(x.quaver_version());
    this.sampleRate = x.quaver_sample_rate(this.#model);
    this.frameSamples = x.quaver_frame_samples(this.#model);
    this.groups = x.quaver_groups(this.#model);
    this.codes = x.quaver_codes(this.#model);
    this.delay = x.quaver_delay(this.#model);
    this.runIn = x.quaver_run_in(this.#model);
    Object.freeze(this);
  }

  // For the other modules of the package.
  get _alive() {
    return this.#engine !== undefined;
  }
  get _engine() {
    if (this.#engine === undefined) throw new QuaverError('state', 'used after free()');
    return this.#engine;
  }
  get _model() {
    return this.#model;
  }

  get ready() {
    return Promise.resolve();
  }
  get memoryBytes() {
    return this._engine.memory.buffer.byteLength;
  }
  get metadata() {
    const engine = this._engine;
    const size = engine.checked(SCRATCH, 'quaver_model_metadata', this.#model, 0, 0);
    const text = engine.allocate(size + 1);
    try {
      engine.checked(SCRATCH, 'quaver_model_metadata', this.#model, text, size + 1);
      return JSON.parse(engine.text(text));
    } finally {
      engine.x.free(text);
    }
  }

  encoder(options) {
    return new Encoder(this, options, 1);
  }
  decoder(options) {
    return new Decoder(this, options);
  }

  tokensForBitrate(bitrate, framesPerPacket = 1) {
    integer(framesPerPacket, 1, MAX_FRAMES, 'framesPerPacket');
    if (!Number.isFinite(bitrate)) throw wrong(`bitrate: got ${shown(bitrate)}, wanted bits per second`);
    const tokens = this._engine.call(SCRATCH, 'quaver_tokens_for_bitrate', this.#model, bitrate, framesPerPacket);
    if (tokens >= 0) return tokens;
    const least = this.expectedBitrate(1, framesPerPacket);
    throw wrong(`bitrate: ${bitrate} bits per second are too few: one token a frame needs ${least}`);
  }
  expectedBitrate(tokens, framesPerPacket = 1) {
    integer(tokens, 1, this.groups, 'tokens');
    integer(framesPerPacket, 1, MAX_FRAMES, 'framesPerPacket');
    return this._engine.checked(SCRATCH, 'quaver_expected_bitrate', this.#model, tokens, framesPerPacket);
  }

  packetFrames(packet, format) {
    return packetFrames(this, packet, format);
  }
  unpack(packet, format) {
    return unpack(this, packet, format);
  }
  pack(tokens, format) {
    return pack(this, tokens, format);
  }

  encode(samples, options) {
    return encodeFile(this, samples, options);
  }
  decode(qvr) {
    return decodeFile(this, qvr);
  }
  tokenize(samples, tokens = this.groups) {
    return tokenize(this, samples, tokens);
  }
  detokenize(tokens) {
    return detokenize(this, tokens);
  }

  free() {
    this.#engine = undefined;
  }
}
