// Whole sounds to tokens and back.
import { checkedTokens, floats, integer } from './arguments.js';
import { OUT_BYTES } from './engine.js';
import { Handle } from './handle.js';
import { NO_TOKEN, PIECE } from './limits.js';

export function tokenize(codec, samples, tokens) {
  floats(samples, 'samples');
  const { _engine: engine, groups, frameSamples } = codec;
  integer(tokens, 1, groups, 'tokens');
  const frames = Math.ceil((samples.length + codec.delay) / frameSamples);
  const data = new Uint16Array(frames * groups).fill(NO_TOKEN);
  const encoder = new Handle(codec, 'quaver_encoder_close').openOrFail('quaver_encoder_create', codec._model);
  const silence = frames * frameSamples - samples.length; // what the decoder's delay needs
  let done = 0;
  const push = (piece) => {
    engine.f32.set(piece, engine.in / 4);
    const some = encoder.checked('quaver_encode', engine.in, piece.length, tokens, engine.out, OUT_BYTES / 2);
    for (let i = 0; i < some; ++i, ++done) {
      const row = engine.out / 2 + i * tokens;
      data.set(engine.u16.subarray(row, row + tokens), done * groups);
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

export function detokenize(codec, tokens) {
  const { _engine: engine, groups, frameSamples } = codec;
  const { data, frames, counts } = checkedTokens(codec, tokens);
  const sound = new Float32Array(frames * frameSamples);
  const most = Math.floor(PIECE / frameSamples);
  const decoder = new Handle(codec, 'quaver_decoder_close').openOrFail('quaver_decoder_create', codec._model);
  try {
    for (let frame = 0, next; frame < frames; frame = next) {
      const n = counts[frame];
      next = frame;
      for (; next < frames && next - frame < most && counts[next] === n; ++next) {
        const row = data.subarray(next * groups, next * groups + n);
        engine.u16.set(row, engine.in / 2 + (next - frame) * n);
      }
      const written = decoder.checked('quaver_decode', engine.in, next - frame, n, engine.out, PIECE);
      sound.set(engine.f32.subarray(engine.out / 4, engine.out / 4 + written), frame * frameSamples);
    }
  } finally {
    decoder.free();
  }
  return sound.slice(Math.min(codec.delay, sound.length));
}
