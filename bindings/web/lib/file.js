// Whole .qvr files. The C++ writes them into, and reads them from, `engine.file`.
import { floats, octets } from './arguments.js';
import { bytesOf, hexOf, joined } from './bytes.js';
import { Decoder } from './decoder.js';
import { Encoder } from './encoder.js';
import { SCRATCH } from './engine.js';
import { QuaverError } from './errors.js';
import { Handle } from './handle.js';
import { MAX_FRAMES, PIECE } from './limits.js';

export function encodeFile(codec, samples, options) {
  floats(samples, 'samples');
  const { _engine: engine } = codec;
  const encoder = new Encoder(codec, options, MAX_FRAMES);
  const file = new Handle(codec, 'quaver_file_writer_close');
  engine.file = [];
  try {
    const header = engine.small + 32;
    engine.checked(SCRATCH, 'quaver_file_header_init', header, codec._model, engine.format(encoder.format));
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

export function decodeFile(codec, qvr) {
  const { _engine: engine } = codec;
  engine.file = octets(qvr, 'qvr');
  engine.at = 0;
  const file = new Handle(codec, 'quaver_file_reader_close');
  let decoder;
  try {
    file.open('packet', 'reader_open');
    const header = headerOf(codec, file);
    decoder = new Decoder(codec, { format: header.format, skip: header.skip });
    const tags = tagsOf(file);
    return { ...soundOf(codec, file, decoder, header.originalRate), tags };
  } finally {
    engine.file = undefined;
    file.free();
    decoder?.free();
  }
}

function headerOf(codec, file) {
  const { _engine: engine } = codec;
  const at = engine.small;
  file.checked('quaver_file_reader_header', at);
  const identity = hexOf(engine.u8.slice(at, at + 32));
  const word = (number) => engine.data.getUint32(at + 32 + 4 * number, true);
  if (identity !== codec.identity || word(0) !== codec.frameSamples || word(1) !== codec.sampleRate)
    throw new QuaverError('model', `the file was made with another model: ${identity}, this one is ${codec.identity}`);
  return { originalRate: word(2), skip: word(4), format: { frames: word(5), tokens: word(6) } };
}

function tagsOf(file) {
  const count = file.checked('quaver_file_reader_comment_count');
  return Array.from({ length: count }, (_, i) => {
    const text = file.engine.text(file.call('quaver_file_reader_comment', i));
    const equals = text.indexOf('=');
    return [text.slice(0, equals), text.slice(equals + 1)];
  });
}

// The next thing in the file: the end, a packet, or frames that are lost.
function nextEvent(file) {
  const { engine } = file;
  const kind = file.checked('quaver_file_reader_next', engine.small);
  const event = engine.data;
  const frames = event.getInt32(engine.small + 4, true);
  const at = event.getUint32(engine.small + 8, true);
  const packet = kind === 1 ? engine.u8.slice(at, at + event.getUint32(engine.small + 12, true)) : undefined;
  return { ended: kind === 0, packet, frames, samples: Number(event.getBigInt64(engine.small + 16, true)) };
}

function soundOf(codec, file, decoder, originalRate) {
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
  const conceal = (frames) => {
    damaged += frames;
    take(decoder.conceal(frames));
  };
  for (;;) {
    const { ended, packet, frames, samples } = nextEvent(file);
    for (const found = file.checked('quaver_file_reader_damage_count'); lines < found; ++lines)
      errors.push({ message: file.engine.text(file.call('quaver_file_reader_damage', lines)), packet: packets });
    if (samples >= 0) length = Math.ceil((samples * codec.sampleRate) / originalRate);
    if (ended) break;
    if (packet === undefined) {
      conceal(frames);
      continue;
    }
    try {
      take(decoder.push(packet));
    } catch (error) {
      if (error.code !== 'packet') throw error;
      errors.push({ message: error.message, packet: packets });
      conceal(frames);
    }
    ++packets;
  }
  if (length < 0) errors.push({ message: 'cut off: the end is missing, and so is the exact length', packet: packets });
  else if (length > samplesDecoded) take(decoder._finish(length));
  let sound = joined(parts);
  if (length >= 0 && length < sound.length) sound = sound.slice(0, length);
  return { channelData: [sound], samplesDecoded: sound.length, sampleRate: codec.sampleRate, errors, damaged };
}
