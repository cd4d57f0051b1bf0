// Checks of arguments: each gives back what it was given, or throws.
import { QuaverError, wrong } from './errors.js';
import { MAX_FRAMES, MAX_PACKET_BYTES } from './limits.js';

export function shown(value) {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined) return String(value);
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return value?.constructor?.name ?? typeof value;
}

export function integer(value, least, most, name) {
  if (!Number.isInteger(value) || value < least || value > most)
    throw wrong(`${name}: got ${shown(value)}, wanted an integer of ${least} .. ${most}`);
  return value;
}

// Undefined, null or an object.
export function checkedOptions(options) {
  if (typeof (options ?? {}) !== 'object') throw wrong(`options: got ${shown(options)}, wanted an object`);
  return options ?? {};
}

// Arrays may come from another realm, a frame or a test runner, whose classes are others than those here.
const isArrayOf = (value, type) => ArrayBuffer.isView(value) && value[Symbol.toStringTag] === type;
const isBuffer = (value) => Object.prototype.toString.call(value) === '[object ArrayBuffer]';

export function floats(value, name) {
  if (!isArrayOf(value, 'Float32Array')) throw wrong(`${name}: got ${shown(value)}, wanted a Float32Array`);
  return value;
}

export const isBytes = (value) => isBuffer(value) || isArrayOf(value, 'Uint8Array');

// As a Uint8Array.
export function octets(value, name) {
  if (!isBytes(value)) throw wrong(`${name}: got ${shown(value)}, wanted a Uint8Array`);
  return isBuffer(value) ? new Uint8Array(value) : value;
}

export function checkedBitrate(bitrate) {
  if (!(Number.isFinite(bitrate) && bitrate > 0)) throw wrong(`bitrate: got ${shown(bitrate)}, wanted bits per second`);
  return bitrate;
}

export function checkedPacket(value) {
  const packet = octets(value, 'packet');
  if (packet.length > MAX_PACKET_BYTES)
    throw new QuaverError('packet', `${packet.length} bytes are no packet: it has ${MAX_PACKET_BYTES} at most`);
  return packet;
}

export function checkedFormat(codec, format) {
  if (format === undefined) throw wrong('format: wanted {frames, tokens}, on which both ends agree');
  integer(format?.frames, 1, MAX_FRAMES, 'format.frames');
  integer(format?.tokens, 0, codec.groups, 'format.tokens');
  return { frames: format.frames, tokens: format.tokens };
}

// {data, frames, counts}
export function checkedTokens(codec, tokens) {
  const { data, frames, tokens: counts } = tokens ?? {};
  if (!isArrayOf(data, 'Uint16Array') || !isArrayOf(counts, 'Uint8Array') || !Number.isInteger(frames) || frames < 0 ||
      data.length !== frames * codec.groups || counts.length !== frames)
    throw wrong(`tokens: wanted {data: Uint16Array [frames, ${codec.groups}], frames, tokens: Uint8Array [frames]}`);
  for (let frame = 0; frame < frames; ++frame) {
    if (counts[frame] > codec.groups) throw wrong(`tokens.tokens[${frame}]: got ${counts[frame]}, at most ${codec.groups}`);
    for (let i = 0; i < counts[frame]; ++i) {
      const token = data[frame * codec.groups + i];
      if (token >= codec.codes) throw wrong(`tokens.data: got ${token} in frame ${frame}, wanted 0 .. ${codec.codes - 1}`);
    }
  }
  return { data, frames, counts };
}

export function checkedProgress(progress) {
  if (progress !== undefined && typeof progress !== 'function')
    throw wrong(`progress: got ${shown(progress)}, wanted a function`);
}
