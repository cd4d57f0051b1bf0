import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Quaver, concat, random, speech } from './common.mjs';

const codec = await Quaver.load();
const sound = speech().subarray(0, 48000);

function packetsOf(options, chunk) {
  const encoder = codec.encoder(options);
  const packets = [];
  for (let at = 0; at < sound.length; ) {
    const size = chunk(at);
    packets.push(...encoder.push(sound.subarray(at, at + size)));
    at += size;
  }
  packets.push(...encoder.flush());
  const { format } = encoder;
  encoder.free();
  return { packets, format };
}

test('chunks make no difference', () => {
  const next = random(1);
  for (const options of [{ tokens: 6 }, { bitrate: 1500, framesPerPacket: 5 }, { bitrate: 4000, variableRate: true }]) {
    const whole = packetsOf(options, () => sound.length).packets;
    assert.ok(whole.length > 20);
    for (const chunk of [() => 320, () => 1 + next(700), () => 9001]) assert.deepEqual(packetsOf(options, chunk).packets, whole);
  }
});

test('packets hold the tokens of tokenize()', () => {
  const { packets, format } = packetsOf({ tokens: 7 }, () => 1000);
  const tokens = codec.tokenize(sound, 7);
  assert.equal(packets.length, tokens.frames);
  packets.forEach((packet, frame) => {
    const found = codec.unpack(packet, format);
    assert.equal(codec.packetFrames(packet, format), 1);
    assert.deepEqual(found.tokens, Uint8Array.of(7));
    assert.deepEqual(found.data, tokens.data.slice(frame * 18, frame * 18 + 18));
    assert.deepEqual(codec.pack(found, format), packet);
  });
});

test('a stream sounds as the whole, and follows the input', () => {
  const { packets, format } = packetsOf({ tokens: 18 }, () => 320);
  const decoder = codec.decoder({ format, skip: codec.delay });
  const stream = concat(packets.map((packet) => decoder.push(packet)));
  assert.deepEqual(stream, codec.detokenize(codec.tokenize(sound)));
  // Levels of tenths of a second follow those of the input: their correlation.
  const levels = (x) => Array.from({ length: 29 }, (_, i) => Math.log10(1e-6 + x.subarray(i * 1600, i * 1600 + 1600).reduce((s, v) => s + v * v, 0)));
  const [a, b] = [levels(sound), levels(stream)];
  const mean = (x) => x.reduce((s, v) => s + v, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  const dot = (x, mx, y, my) => x.reduce((s, v, i) => s + (v - mx) * (y[i] - my), 0);
  assert.ok(dot(a, ma, b, mb) / Math.sqrt(dot(a, ma, a, ma) * dot(b, mb, b, mb)) > 0.95);
});

test('a reset decoder is as fresh', () => {
  const { packets, format } = packetsOf({ tokens: 8 }, () => 4000);
  const decoder = codec.decoder({ format, skip: 100 });
  const first = concat(packets.slice(0, 40).map((packet) => decoder.push(packet)));
  decoder.push(packets[100]);
  decoder.reset();
  assert.deepEqual(concat(packets.slice(0, 40).map((packet) => decoder.push(packet))), first);
});

test('lost packets are concealed, and forgotten after the run-in', () => {
  const { packets, format } = packetsOf({ tokens: 8, framesPerPacket: 2 }, () => 4000);
  const whole = codec.decoder({ format });
  const lossy = codec.decoder({ format });
  const lost = [5, 6, 7, 20];
  packets.forEach((packet, i) => {
    const right = whole.push(packet);
    const found = lossy.push(lost.includes(i) ? null : packet);
    assert.equal(found.length, lost.includes(i) ? 640 : right.length);
    assert.ok(found.every(Number.isFinite));
    if (i === 5) assert.notDeepEqual(found, right);
    if (i > 20 + codec.runIn) assert.deepEqual(found, right);
  });
});

test('bit rates are held, and change', () => {
  const long = concat([speech(), speech()]);
  const rateOf = (packets) => (8 * packets.reduce((sum, packet) => sum + packet.length, 0) * 50) / 10 / packets.length;
  for (const bitrate of [1000, 3000, 6000]) {
    const encoder = codec.encoder({ bitrate, framesPerPacket: 10 });
    const rate = rateOf(encoder.push(long));
    assert.ok(Math.abs(rate / bitrate - 1) < 0.06, `${rate} for ${bitrate}`);
  }
  const encoder = codec.encoder({ bitrate: 6000, framesPerPacket: 10 });
  encoder.push(long);
  encoder.setBitrate(1000);
  assert.ok(Math.abs(rateOf(encoder.push(long)) / 1000 - 1) < 0.12);
  encoder.setTokens(18);
  assert.ok(rateOf(encoder.push(long)) > 6000);
});

test('rates and tokens belong together', () => {
  for (const frames of [1, 25]) {
    for (const tokens of [1, 6, 18]) {
      const rate = codec.expectedBitrate(tokens, frames);
      assert.equal(codec.tokensForBitrate(rate + 1, frames), tokens);
    }
  }
  assert.throws(() => codec.tokensForBitrate(1), { code: 'argument' });
});

test('effort encodes the same sound', () => {
  const { packets, format } = packetsOf({ bitrate: 1500, effort: 1, framesPerPacket: 25 }, () => 16000);
  const decoder = codec.decoder({ format });
  const { samplesDecoded, errors } = decoder.decodeFrames(packets);
  assert.ok(samplesDecoded >= sound.length && errors.length === 0);
});
