// A live stream of packets of 20 ms through a codec, packet by packet, timed: what speed.mjs runs in Node and in Chromium.
// `now` gives milliseconds. Each gives {encode, decode}: the milliseconds of each packet.

const FRAME = 320; // samples at 16 kHz

// encode(frame) gives a packet, or undefined while there is none; decode(packet).
export function timed(sound, now, encode, decode) {
  const times = { encode: [], decode: [] };
  for (let at = 0; at + FRAME <= sound.length; at += FRAME) {
    const frame = sound.subarray(at, at + FRAME);
    const start = now();
    const packet = encode(frame);
    const middle = now();
    if (packet) decode(packet);
    times.encode.push(middle - start);
    times.decode.push(now() - middle);
  }
  return times;
}

export function quaverStream(codec, sound, now) {
  const encoder = codec.encoder({ bitrate: 3000 });
  const decoder = codec.decoder({ format: encoder.format });
  const times = timed(sound, now, (frame) => encoder.push(frame)[0], (packet) => decoder.push(packet));
  encoder.free();
  decoder.free();
  return times;
}

// Of npm's libopus-wasm, as the page runs it. `packets` are left for another decoder.
export async function opusStream({ Application, createDecoder, createEncoder }, sound, now, packets = []) {
  const encoder = await createEncoder(
    { sampleRate: 16000, channels: 1, application: Application.Voip, frameSize: FRAME, bitrate: 12000, complexity: 10 });
  const decoder = await createDecoder({ sampleRate: 16000, channels: 1, maxFrameSize: FRAME });
  const encode = (frame) => packets[packets.push(encoder.encodeFloat(frame)) - 1];
  const times = timed(sound, now, encode, (packet) => decoder.decodeFloat(packet, { frameSize: FRAME, maxFrameSize: FRAME }));
  encoder.free();
  decoder.free();
  return times;
}
