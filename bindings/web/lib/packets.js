// Packets and their tokens.
import { checkedFormat, checkedPacket, checkedTokens, integer } from './arguments.js';
import { SCRATCH } from './engine.js';
import { MAX_FRAMES, MAX_PACKET_BYTES } from './limits.js';

// Format and packet as arguments of a call.
function put(codec, packet, format) {
  const { _engine: engine } = codec;
  const bytes = checkedPacket(packet);
  return [engine.format(checkedFormat(codec, format)), engine.putBytes(bytes), bytes.length];
}

export function packetFrames(codec, packet, format) {
  return codec._engine.checked(SCRATCH, 'quaver_packet_frames', ...put(codec, packet, format));
}

export function unpack(codec, packet, format) {
  const { _engine: engine, groups } = codec;
  const room = MAX_FRAMES * groups * 2;
  const frames = engine.checked(
    SCRATCH, 'quaver_unpack', codec._model, ...put(codec, packet, format), engine.out, engine.out + room);
  return {
    data: engine.u16.slice(engine.out / 2, engine.out / 2 + frames * groups),
    frames,
    tokens: engine.u8.slice(engine.out + room, engine.out + room + frames),
  };
}

export function pack(codec, tokens, format) {
  const { _engine: engine } = codec;
  const { data, frames, counts } = checkedTokens(codec, tokens);
  integer(frames, 1, MAX_FRAMES, 'tokens.frames');
  engine.format(checkedFormat(codec, format));
  engine.u16.set(data, engine.in / 2);
  const behind = engine.in + data.length * 2;
  engine.u8.set(counts, behind);
  const size = engine.checked(
    SCRATCH, 'quaver_pack_frames', codec._model, engine.small, engine.in, behind, frames, engine.out, MAX_PACKET_BYTES);
  return engine.u8.slice(engine.out, engine.out + size);
}
