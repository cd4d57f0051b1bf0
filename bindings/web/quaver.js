// Quaver in WebAssembly: quaver.d.ts says what each call takes and gives.
//
// An Engine is one instance of quaver.wasm with one model. Calls go through Engine.call(), which turns what is thrown in there
// into a QuaverError and, since no destructor of C++ runs then, frees all that the object had ("owner", see memory.cc). Bytes
// travel through two buffers that are allocated once, so that a stream allocates nothing but its results.

const PIECE = 8000; // samples that travel in one go
const IN_BYTES = 4 * PIECE;
const OUT_BYTES = 4 * PIECE;
const TEXT_BYTES = 2048;
const MAX_PACKET_BYTES = 8192;
const MAX_FRAMES = 25;
const MAX_LOST_FRAMES = 3000;
const NO_TOKEN = 65535;
const PAGE = 65536;
const INITIAL_PAGES = 32; // as in CMakeLists.txt
const MOST_MEMORY = 1 << 30;
const CACHE = 'quaver';
const MODEL = 1; // owners
const SCRATCH = 2;

const CODES = new Map([
  [-1, 'argument'], [-2, 'packet'], [-3, 'state'], [-4, 'argument'], [-5, 'ended'], [-6, 'memory'], [-7, 'state'],
  [-8, 'model'], [-9, 'unsupported'],
]);

export class QuaverError extends Error {
  constructor(code, message, options) {
    super(message, options);
    this.name = 'QuaverError';
    this.code = code;
  }
}

const wrong = (message) => new QuaverError('argument', message);

// What C++ threw; see memory.cc.
class Thrown extends Error {}

function integer(value, least, most, name) {
  if (!Number.isInteger(value) || value < least || value > most)
    throw wrong(`${name}: got ${shown(value)}, wanted an integer of ${least} .. ${most}`);
  return value;
}

function shown(value) {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined) return String(value);
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return value?.constructor?.name ?? typeof value;
}

function floats(value, name) {
  if (!(value instanceof Float32Array)) throw wrong(`${name}: got ${shown(value)}, wanted a Float32Array`);
  return value;
}

function octets(value, name) {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw wrong(`${name}: got ${shown(value)}, wanted a Uint8Array`);
}

function joined(parts, length) {
  if (parts.length === 1) return parts[0];
  const whole = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// AudioWorklets have no TextDecoder.
function textOf(bytes) {
  if (typeof TextDecoder !== 'undefined') return new TextDecoder().decode(bytes);
  let text = '';
  for (const byte of bytes) text += byte < 128 ? String.fromCharCode(byte) : '%' + byte.toString(16);
  try {
    return decodeURIComponent(text.replace(/%(?![89a-f])/g, '%25'));
  } catch {
    return text;
  }
}

const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

class Engine {
  static async start(module, maximum) {
    const engine = new Engine();
    engine.memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: Math.floor(maximum / PAGE) });
    const env = {
      memory: engine.memory,
      fail: (what) => {
        throw new Thrown(engine.text(what));
      },
      write: (bytes, size) => engine.file.push(engine.u8.slice(bytes, bytes + size)),
      read: (bytes, size) => {
        const part = engine.file.subarray(engine.at, engine.at + size);
        engine.u8.set(part, bytes);
        engine.at += part.length;
        return part.length;
      },
    };
    const imports = { env };
    // The C library's system calls, none of which the codec makes: errno ENOSYS.
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      if (from !== 'env') (imports[from] ??= {})[name] = () => 52;
    }
    engine.x = (await WebAssembly.instantiate(module, imports)).exports;
    engine.x._initialize?.();
    engine.owners = SCRATCH;
    engine.in = engine.allocate(IN_BYTES);
    engine.out = engine.allocate(OUT_BYTES);
    engine.why = engine.allocate(TEXT_BYTES);
    engine.small = engine.allocate(128); // structures
    return engine;
  }

  // Views end when the memory grows.
  get u8() {
    if (this.bytes?.buffer !== this.memory.buffer) {
      this.bytes = new Uint8Array(this.memory.buffer);
      this.shorts = new Uint16Array(this.memory.buffer);
      this.singles = new Float32Array(this.memory.buffer);
      this.view = new DataView(this.memory.buffer);
    }
    return this.bytes;
  }
  get u16() {
    return this.u8 && this.shorts;
  }
  get f32() {
    return this.u8 && this.singles;
  }
  get data() {
    return this.u8 && this.view;
  }

  owner() {
    return ++this.owners;
  }

  allocate(bytes) {
    const block = this.x.malloc(bytes);
    if (block === 0) throw outOfMemory();
    return block;
  }

  // Throws what the call throws, when all that `owner` had is freed.
  call(owner, name, ...args) {
    const x = this.x;
    const stack = x.__stack_pointer.value;
    x.own(owner);
    try {
      return x[name](...args);
    } catch (error) {
      x.__stack_pointer.value = stack;
      if (owner !== MODEL) x.disown(owner);
      if (error instanceof QuaverError) throw error;
      if (error instanceof Thrown && /bad_alloc|length_error/.test(error.message)) throw outOfMemory();
      throw new QuaverError('state', `quaver.wasm failed in ${name}: ${error.message}`, { cause: error });
    }
  }

  // The same of calls that return a negative quaver_error when they fail.
  checked(owner, name, ...args) {
    const result = this.call(owner, name, ...args);
    if (result < 0) throw this.errorOf(result);
    return result;
  }

  // The same of calls that return NULL and write the reason into the last two arguments, `why` and its size.
  made(owner, code, name, ...args) {
    this.u8[this.why] = 0;
    const handle = this.call(owner, name, ...args, this.why, TEXT_BYTES);
    if (handle === 0) throw new QuaverError(code, this.text(this.why) || 'failed without a reason');
    return handle;
  }

  errorOf(result) {
    return new QuaverError(CODES.get(result) ?? 'state', this.text(this.x.quaver_error_text(result)));
  }

  text(at) {
    const bytes = this.u8;
    return textOf(bytes.slice(at, bytes.indexOf(0, at)));
  }

  // A quaver_format, at `small`.
  format({ frames, tokens }) {
    this.data.setInt32(this.small, frames, true);
    this.data.setInt32(this.small + 4, tokens, true);
    return this.small;
  }

  putBytes(bytes) {
    this.u8.set(bytes, this.in);
    return this.in;
  }
}

const outOfMemory = () => new QuaverError('memory', 'memory is short');

function checkedFormat(codec, format) {
  if (format === undefined) throw wrong('format: wanted {frames, tokens}, on which both ends agree');
  integer(format?.frames, 1, MAX_FRAMES, 'format.frames');
  integer(format?.tokens, 0, codec.groups, 'format.tokens');
  return { frames: format.frames, tokens: format.tokens };
}

// An object of C++ behind a handle. `#handle` is 0 when it is freed, or was after a failure.
class Handle {
  #codec;
  #owner;
  #handle;
  #close;
  #why;

  constructor(codec, close) {
    this.#codec = codec;
    this.#close = close;
    this.#owner = codec._engine.owner();
  }
  open(code, name, ...args) {
    this.#handle = this.#codec._engine.made(this.#owner, code, name, ...args);
    return this;
  }
  openOrFail(name, ...args) {
    this.#handle = this.#codec._engine.call(this.#owner, name, ...args);
    if (this.#handle === 0) throw outOfMemory();
    return this;
  }
  get engine() {
    return this.#codec._engine;
  }
  #usable() {
    void this.#codec._engine; // throws when the codec is freed
    if (this.#why) throw new QuaverError('state', `the stream ended with an error: ${this.#why}`);
    if (!this.#handle) throw new QuaverError('state', 'used after free()');
  }
  call(name, ...args) {
    this.#usable();
    try {
      return this.engine.call(this.#owner, name, this.#handle, ...args);
    } catch (error) {
      this.#handle = 0;
      this.#why = error.message;
      throw error;
    }
  }
  checked(name, ...args) {
    const result = this.call(name, ...args);
    if (result < 0) throw this.engine.errorOf(result);
    return result;
  }
  // Both calls may be made again and again.
  free() {
    if (this.#handle && this.#codec._alive) this.call(this.#close);
    this.#handle = 0;
    this.#why = undefined;
  }
}

function optionsOf(codec, options, frames) {
  const { bitrate, tokens, framesPerPacket = frames, variableRate = false, effort = 0 } = options ?? {};
  if (bitrate !== undefined && tokens !== undefined) throw wrong('got both bitrate and tokens, wanted one of them');
  if (bitrate !== undefined && !(Number.isFinite(bitrate) && bitrate > 0))
    throw wrong(`bitrate: got ${shown(bitrate)}, wanted bits per second`);
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
  #handle;
  #format;

  constructor(codec, options, frames) {
    const engine = codec._engine;
    this.#handle = new Handle(codec, 'quaver_stream_encoder_close').open(
      'argument', 'quaver_stream_encoder_create', codec._model, optionsOf(codec, options, frames));
    this.#handle.checked('quaver_stream_encoder_format', engine.small);
    this.#format = Object.freeze({
      frames: engine.data.getInt32(engine.small, true),
      tokens: engine.data.getInt32(engine.small + 4, true),
    });
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
  setBitrate(bitrate) {
    if (!(Number.isFinite(bitrate) && bitrate > 0)) throw wrong(`bitrate: got ${shown(bitrate)}, wanted bits per second`);
    this.#handle.checked('quaver_stream_encoder_set_bitrate', bitrate);
  }
  setTokens(tokens) {
    this.#handle.checked('quaver_stream_encoder_set_tokens', integer(tokens, 1, 255, 'tokens'));
  }
  free() {
    this.#handle.free();
  }
}

export class Decoder {
  #codec;
  #format;
  #skip;
  #handle;

  constructor(codec, options) {
    this.#codec = codec;
    this.#format = checkedFormat(codec, options?.format ?? { frames: 1, tokens: codec.groups });
    this.#skip = integer(options?.skip ?? 0, 0, 65535, 'skip');
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
    octets(packet, 'packet');
    return this.#read(this.#write(packet));
  }
  // Samples that are ready.
  #write(packet) {
    const { engine } = this.#handle;
    if (packet.length > MAX_PACKET_BYTES)
      throw new QuaverError('packet', `${packet.length} bytes are no packet: it has ${MAX_PACKET_BYTES} at most`);
    return this.#handle.checked('quaver_stream_decoder_write', engine.putBytes(packet), packet.length);
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
    let length = 0;
    do {
      const some = Math.min(frames, MAX_FRAMES);
      parts.push(this.#read(this.#handle.checked('quaver_stream_decoder_lost', some)));
      length += parts.at(-1).length;
      frames -= some;
    } while (frames > 0);
    return joined(parts, length);
  }
  decodeFrame(packet) {
    return this.decodeFrames([packet]);
  }
  decodeFrames(packets) {
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
    const whole = parts.length > 0 ? joined(parts, samplesDecoded) : new Float32Array(0);
    return { channelData: [whole], samplesDecoded, sampleRate: this.#codec.sampleRate, errors };
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

export class Quaver {
  #engine;
  #model;

  static async load(options = {}) {
    const module = await moduleOf(options.wasm);
    const identity = options.identity?.toLowerCase();
    if (identity !== undefined && !/^[0-9a-f]{64}$/.test(identity))
      throw wrong(`identity: got ${shown(options.identity)}, wanted 64 hexadecimal digits`);
    const maximum = integer(options.memory ?? MOST_MEMORY, INITIAL_PAGES * PAGE, 2 ** 31, 'memory');
    const weights = await weightsOf(options);
    try {
      return new Quaver(await Engine.start(module, maximum), weights.bytes, identity);
    } catch (error) {
      if (!weights.cached || error.code !== 'model') throw error;
    }
    // What the cache has is damaged, or of an older release.
    await weights.forget();
    const fresh = await weightsOf(options);
    return new Quaver(await Engine.start(module, maximum), fresh.bytes, identity);
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

  #packet(packet, format) {
    octets(packet, 'packet');
    if (packet.length > MAX_PACKET_BYTES)
      throw new QuaverError('packet', `${packet.length} bytes are no packet: it has ${MAX_PACKET_BYTES} at most`);
    return [this._engine.format(checkedFormat(this, format)), this._engine.putBytes(packet), packet.length];
  }
  packetFrames(packet, format) {
    return this._engine.checked(SCRATCH, 'quaver_packet_frames', ...this.#packet(packet, format));
  }
  unpack(packet, format) {
    const engine = this._engine;
    const room = MAX_FRAMES * this.groups * 2;
    const frames = engine.checked(
      SCRATCH, 'quaver_unpack', this.#model, ...this.#packet(packet, format), engine.out, engine.out + room);
    return {
      data: engine.u16.slice(engine.out / 2, engine.out / 2 + frames * this.groups),
      frames,
      tokens: engine.u8.slice(engine.out + room, engine.out + room + frames),
    };
  }
  pack(tokens, format) {
    const engine = this._engine;
    this.#checkTokens(tokens);
    integer(tokens.frames, 1, MAX_FRAMES, 'tokens.frames');
    engine.format(checkedFormat(this, format));
    engine.u16.set(tokens.data, engine.in / 2);
    const counts = engine.in + tokens.data.length * 2;
    engine.u8.set(tokens.tokens, counts);
    const size = engine.checked(
      SCRATCH, 'quaver_pack_frames', this.#model, engine.small, engine.in, counts, tokens.frames, engine.out, MAX_PACKET_BYTES);
    return engine.u8.slice(engine.out, engine.out + size);
  }
  #checkTokens(tokens) {
    const { data, frames, tokens: counts } = tokens ?? {};
    if (!(data instanceof Uint16Array) || !(counts instanceof Uint8Array) || !Number.isInteger(frames) || frames < 0 ||
        data.length !== frames * this.groups || counts.length !== frames)
      throw wrong(`tokens: wanted {data: Uint16Array [frames, ${this.groups}], frames, tokens: Uint8Array [frames]}`);
    for (let frame = 0; frame < frames; ++frame) {
      if (counts[frame] > this.groups) throw wrong(`tokens.tokens[${frame}]: got ${counts[frame]}, at most ${this.groups}`);
      for (let i = 0; i < counts[frame]; ++i) {
        const token = data[frame * this.groups + i];
        if (token >= this.codes) throw wrong(`tokens.data: got ${token} in frame ${frame}, wanted 0 .. ${this.codes - 1}`);
      }
    }
  }

  encode(samples, options) {
    floats(samples, 'samples');
    const engine = this._engine;
    const encoder = new Encoder(this, options, MAX_FRAMES);
    const file = new Handle(this, 'quaver_file_writer_close');
    engine.file = [];
    try {
      const header = engine.small + 32;
      engine.checked(SCRATCH, 'quaver_file_header_init', header, this.#model, engine.format(encoder.format));
      file.open('argument', 'writer_create', header);
      const write = (packets) => {
        for (const packet of packets) file.checked('quaver_file_writer_write', engine.putBytes(packet), packet.length);
      };
      for (let at = 0; at < samples.length; at += PIECE) write(encoder.push(samples.subarray(at, at + PIECE)));
      write(encoder.flush());
      file.checked('quaver_file_writer_finish', BigInt(samples.length));
      return bytesOf(engine.file);
    } finally {
      engine.file = undefined;
      file.free();
      encoder.free();
    }
  }

  decode(qvr) {
    const engine = this._engine;
    engine.file = octets(qvr, 'qvr');
    engine.at = 0;
    const file = new Handle(this, 'quaver_file_reader_close');
    let decoder;
    try {
      file.open('packet', 'reader_open');
      const header = this.#header(file);
      decoder = new Decoder(this, { format: header.format, skip: header.skip });
      const tags = [];
      const comments = file.checked('quaver_file_reader_comment_count');
      for (let i = 0; i < comments; ++i) {
        const text = engine.text(file.call('quaver_file_reader_comment', i));
        const equals = text.indexOf('=');
        tags.push([text.slice(0, equals), text.slice(equals + 1)]);
      }
      return { ...this.#decodeAll(file, decoder, header), tags };
    } finally {
      engine.file = undefined;
      file.free();
      decoder?.free();
    }
  }
  #header(file) {
    const engine = this._engine;
    const at = engine.small;
    file.checked('quaver_file_reader_header', at);
    const identity = hexOf(engine.u8.slice(at, at + 32));
    const word = (number) => engine.data.getUint32(at + 32 + 4 * number, true);
    if (identity !== this.identity || word(0) !== this.frameSamples || word(1) !== this.sampleRate)
      throw new QuaverError('model', `the file was made with another model: ${identity}, this one is ${this.identity}`);
    return { originalRate: word(2), skip: word(4), format: { frames: word(5), tokens: word(6) } };
  }
  #decodeAll(file, decoder, header) {
    const engine = this._engine;
    const parts = [];
    const errors = [];
    let samplesDecoded = 0;
    let packets = 0;
    let damaged = 0;
    let lines = 0;
    let length = -1;
    const take = (samples) => {
      parts.push(samples);
      samplesDecoded += samples.length;
    };
    for (;;) {
      const kind = file.checked('quaver_file_reader_next', engine.small);
      for (const found = file.checked('quaver_file_reader_damage_count'); lines < found; ++lines)
        errors.push({ message: engine.text(file.call('quaver_file_reader_damage', lines)), packet: packets });
      const event = engine.data;
      const frames = event.getInt32(engine.small + 4, true);
      const original = Number(event.getBigInt64(engine.small + 16, true));
      if (original >= 0) length = Math.ceil((original * this.sampleRate) / header.originalRate);
      if (kind === 0) break;
      if (kind === 1) {
        const at = event.getUint32(engine.small + 8, true);
        try {
          take(decoder.push(engine.u8.slice(at, at + event.getUint32(engine.small + 12, true))));
        } catch (error) {
          if (error.code !== 'packet') throw error;
          errors.push({ message: error.message, packet: packets });
          damaged += frames;
          take(decoder.conceal(frames));
        }
        ++packets;
      } else {
        damaged += frames;
        take(decoder.conceal(frames));
      }
    }
    if (length < 0) errors.push({ message: 'cut off: the end is missing, and so is the exact length', packet: packets });
    else if (length > samplesDecoded) take(decoder._finish(length));
    let sound = parts.length > 0 ? joined(parts, samplesDecoded) : new Float32Array(0);
    if (length >= 0 && length < sound.length) sound = sound.slice(0, length);
    return { channelData: [sound], samplesDecoded: sound.length, sampleRate: this.sampleRate, errors, damaged };
  }

  tokenize(samples, tokens = this.groups) {
    floats(samples, 'samples');
    integer(tokens, 1, this.groups, 'tokens');
    const engine = this._engine;
    const frames = Math.ceil((samples.length + this.delay) / this.frameSamples);
    const data = new Uint16Array(frames * this.groups).fill(NO_TOKEN);
    const encoder = new Handle(this, 'quaver_encoder_close').openOrFail('quaver_encoder_create', this.#model);
    const silence = frames * this.frameSamples - samples.length; // what the decoder's delay needs
    let done = 0;
    const push = (piece) => {
      engine.f32.set(piece, engine.in / 4);
      const some = encoder.checked('quaver_encode', engine.in, piece.length, tokens, engine.out, OUT_BYTES / 2);
      for (let i = 0; i < some; ++i, ++done) {
        const row = engine.out / 2 + i * tokens;
        data.set(engine.u16.subarray(row, row + tokens), done * this.groups);
      }
    };
    try {
      for (let at = 0; at < samples.length; at += PIECE) push(samples.subarray(at, at + PIECE));
      for (let left = silence; left > 0; left -= PIECE) push(new Float32Array(Math.min(left, PIECE)));
    } finally {
      encoder.free();
    }
    return { data, frames, tokens: new Uint8Array(frames).fill(tokens) };
  }

  detokenize(tokens) {
    const engine = this._engine;
    this.#checkTokens(tokens);
    const { data, frames, tokens: counts } = tokens;
    const sound = new Float32Array(frames * this.frameSamples);
    const most = Math.floor(PIECE / this.frameSamples);
    const decoder = new Handle(this, 'quaver_decoder_close').openOrFail('quaver_decoder_create', this.#model);
    try {
      for (let frame = 0, next; frame < frames; frame = next) {
        const n = counts[frame];
        next = frame;
        for (; next < frames && next - frame < most && counts[next] === n; ++next) {
          const row = data.subarray(next * this.groups, next * this.groups + n);
          engine.u16.set(row, engine.in / 2 + (next - frame) * n);
        }
        const written = decoder.checked('quaver_decode', engine.in, next - frame, n, engine.out, PIECE);
        sound.set(engine.f32.subarray(engine.out / 4, engine.out / 4 + written), frame * this.frameSamples);
      }
    } finally {
      decoder.free();
    }
    return sound.slice(Math.min(this.delay, sound.length));
  }

  free() {
    this.#engine = undefined;
  }
}

function bytesOf(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// Loading.

// A function with a vector in it.
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];

async function moduleOf(wasm) {
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(new Uint8Array(SIMD)))
    throw new QuaverError('unsupported', 'Quaver needs WebAssembly with SIMD (128 bits), which is not here: use a newer browser');
  if (wasm instanceof WebAssembly.Module) return wasm;
  const bytes = isBytes(wasm) ? wasm : (await fetched(wasm ?? beside('quaver.wasm'))).bytes;
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw new QuaverError('unsupported', `quaver.wasm cannot be compiled: ${error.message}`, { cause: error });
  }
}

const isBytes = (value) => value instanceof ArrayBuffer || value instanceof Uint8Array;
const beside = (name) => new URL(name, import.meta.url);

// {bytes, cached, forget()}
async function weightsOf({ weights, progress, cache = true }) {
  if (isBytes(weights)) return { bytes: octets(weights, 'weights'), cached: false };
  return fetched(weights ?? beside('speech-16k.safetensors'), progress, cache);
}

async function fetched(where, progress, useCache = false) {
  if (typeof where !== 'string' && !(typeof URL !== 'undefined' && where instanceof URL))
    throw wrong(`got ${shown(where)}, wanted a URL or bytes`);
  try {
    const path = fileOf(where);
    if (path !== undefined) {
      const fs = 'node:fs/promises'; // not seen by bundlers
      const bytes = new Uint8Array(await (await import(/* @vite-ignore */ /* webpackIgnore: true */ fs)).readFile(path));
      progress?.(bytes.length, bytes.length);
      return { bytes, cached: false };
    }
    return await fromNetwork(String(where), progress, useCache);
  } catch (error) {
    if (error instanceof QuaverError) throw error;
    throw new QuaverError('network', `${where} could not be read: ${error.message}`, { cause: error });
  }
}

// In Node, whose fetch() knows no files: the path of one.
function fileOf(where) {
  if (typeof process === 'undefined' || !process.versions?.node || process.type === 'renderer') return undefined;
  if (typeof where === 'string' && !/^[a-z][a-z0-9+.-]+:/i.test(where)) return where;
  const url = new URL(where);
  return url.protocol === 'file:' ? url : undefined;
}

async function fromNetwork(url, progress, useCache) {
  let store;
  try {
    store = useCache && typeof caches !== 'undefined' ? await caches.open(CACHE) : undefined;
  } catch {
    // Not allowed here: without it everything works all the same.
  }
  const forget = async () => {
    await store?.delete(url);
  };
  const kept = await store?.match(url);
  if (kept) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    progress?.(bytes.length, bytes.length);
    return { bytes, cached: true, forget };
  }
  if (typeof fetch === 'undefined')
    throw new QuaverError('network', `${url}: there is no fetch() here; hand over the bytes and a compiled module`);
  const response = await fetch(url);
  if (!response.ok) throw new QuaverError('network', `${url}: ${response.status} ${response.statusText}`);
  const bytes = await bodyOf(response, progress);
  try {
    await store?.put(url, new Response(bytes, { headers: { 'content-type': 'application/octet-stream' } }));
  } catch {
    // The quota, for example.
  }
  return { bytes, cached: false, forget };
}

async function bodyOf(response, progress) {
  // The length is that of the body unless it travels compressed.
  const length = response.headers.get('content-encoding') ? 0 : Number(response.headers.get('content-length'));
  const total = length > 0 ? length : undefined;
  if (!response.body) return new Uint8Array(await response.arrayBuffer());
  const parts = [];
  let loaded = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return bytesOf(parts);
    parts.push(value);
    loaded += value.length;
    progress?.(loaded, total);
  }
}

// The same in a Worker.

class Remote {
  #worker;
  #calls = new Map();
  #last = 0;
  #why;

  static async start() {
    const remote = new Remote();
    const answer = (message) => remote.#answer(message);
    const lost = (why) => remote.#lose(new QuaverError('state', `the worker ended: ${why}`));
    if (typeof Worker !== 'undefined') {
      remote.#worker = new Worker(new URL('./quaver-worker.js', import.meta.url), { type: 'module' });
      remote.#worker.onmessage = (event) => answer(event.data);
      remote.#worker.onerror = (event) => lost(event.message ?? 'its script could not be loaded');
    } else {
      const threads = 'node:worker_threads';
      const { Worker: NodeWorker } = await import(/* @vite-ignore */ /* webpackIgnore: true */ threads);
      remote.#worker = new NodeWorker(new URL('./quaver-worker.js', import.meta.url));
      remote.#worker.on('message', answer);
      remote.#worker.on('error', (error) => lost(error.message));
    }
    return remote;
  }
  // `progress` is called as the worker says.
  call(target, method, args, progress) {
    if (this.#why) return Promise.reject(this.#why);
    return new Promise((resolve, reject) => {
      const id = ++this.#last;
      this.#calls.set(id, { resolve, reject, progress });
      try {
        this.#worker.postMessage({ id, target, method, args });
      } catch (error) {
        this.#calls.delete(id);
        reject(wrong(`cannot be sent to a worker: ${error.message}`));
      }
    });
  }
  #answer({ id, result, error, progress }) {
    const call = this.#calls.get(id);
    if (progress) return call?.progress?.(...progress);
    this.#calls.delete(id);
    if (error) call?.reject(new QuaverError(error.code, error.message));
    else call?.resolve(result);
  }
  #lose(why) {
    this.#why = why;
    for (const call of this.#calls.values()) call.reject(why);
    this.#calls.clear();
  }
  end() {
    this.#lose(new QuaverError('state', 'used after free()'));
    this.#worker.terminate();
  }
}

// A stream in the worker: each method is a call of its twin.
class RemoteStream {
  #remote;
  #target;

  constructor(remote, target, facts) {
    this.#remote = remote;
    this.#target = target;
    Object.assign(this, facts);
  }
  get ready() {
    return Promise.resolve();
  }
  _call(method, ...args) {
    return this.#remote.call(this.#target, method, args);
  }
  free() {
    return this._call('free');
  }
}

class RemoteEncoder extends RemoteStream {
  push(samples) {
    return this._call('push', samples);
  }
  flush() {
    return this._call('flush');
  }
  setBitrate(bitrate) {
    return this._call('setBitrate', bitrate);
  }
  setTokens(tokens) {
    return this._call('setTokens', tokens);
  }
}

class RemoteDecoder extends RemoteStream {
  push(packet) {
    return this._call('push', packet);
  }
  decodeFrame(packet) {
    return this._call('decodeFrame', packet);
  }
  decodeFrames(packets) {
    return this._call('decodeFrames', packets);
  }
  conceal(frames) {
    return this._call('conceal', frames);
  }
  reset() {
    return this._call('reset');
  }
}

export class QuaverWorker {
  #remote;

  static async load(options = {}) {
    const { progress, ...rest } = options;
    // Relative to this page, not to the worker's script.
    for (const name of ['weights', 'wasm']) {
      if (typeof URL !== 'undefined' && rest[name] instanceof URL) rest[name] = rest[name].href;
      else if (typeof rest[name] === 'string' && typeof location !== 'undefined')
        rest[name] = new URL(rest[name], location.href).href;
    }
    const remote = await Remote.start();
    try {
      return new QuaverWorker(remote, await remote.call(0, 'load', [rest], progress));
    } catch (error) {
      remote.end();
      throw error;
    }
  }
  constructor(remote, facts) {
    if (!(remote instanceof Remote)) throw wrong('new QuaverWorker(): wanted QuaverWorker.load()');
    this.#remote = remote;
    Object.assign(this, facts);
    Object.freeze(this);
  }
  get ready() {
    return Promise.resolve();
  }
  async encoder(options) {
    const { target, ...facts } = await this.#remote.call(0, 'encoder', [options]);
    return new RemoteEncoder(this.#remote, target, facts);
  }
  async decoder(options) {
    const { target, ...facts } = await this.#remote.call(0, 'decoder', [options]);
    return new RemoteDecoder(this.#remote, target, facts);
  }
  tokensForBitrate(bitrate, framesPerPacket) {
    return this.#remote.call(0, 'tokensForBitrate', [bitrate, framesPerPacket]);
  }
  expectedBitrate(tokens, framesPerPacket) {
    return this.#remote.call(0, 'expectedBitrate', [tokens, framesPerPacket]);
  }
  packetFrames(packet, format) {
    return this.#remote.call(0, 'packetFrames', [packet, format]);
  }
  unpack(packet, format) {
    return this.#remote.call(0, 'unpack', [packet, format]);
  }
  pack(tokens, format) {
    return this.#remote.call(0, 'pack', [tokens, format]);
  }
  encode(samples, options) {
    return this.#remote.call(0, 'encode', [samples, options]);
  }
  decode(qvr) {
    return this.#remote.call(0, 'decode', [qvr]);
  }
  tokenize(samples, tokens) {
    return this.#remote.call(0, 'tokenize', [samples, tokens]);
  }
  detokenize(tokens) {
    return this.#remote.call(0, 'detokenize', [tokens]);
  }
  async free() {
    this.#remote.end();
  }
}
