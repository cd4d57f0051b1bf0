// Damaged, wrong and foreign input gives an error that names it, and whatever was there goes on.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { Decoder, Encoder, Quaver, QuaverError, conformance, model, random, read, speech } from './common.mjs';

const codec = await Quaver.load();
const sound = speech().subarray(0, 32000);
const works = (it = codec) => assert.equal(it.detokenize(it.tokenize(sound.subarray(0, 3200), 4)).length, 11 * 320 - it.delay);
const error = (code, message) => (found) => {
  assert.ok(found instanceof QuaverError);
  assert.equal(found.code, code);
  assert.match(found.message, message);
  return true;
};

test('damaged packets', () => {
  const encoder = codec.encoder({ tokens: 6 });
  const packets = encoder.push(sound);
  const decoder = codec.decoder({ format: encoder.format });
  const right = codec.decoder({ format: encoder.format });
  const next = random(2);
  let refused = 0;
  for (const packet of packets) {
    const damaged = packet.slice(0, next(3) ? undefined : next(packet.length));
    for (let i = 0; i < 3 && damaged.length > 0; ++i) damaged[next(damaged.length)] = next(256);
    let frames;
    try {
      frames = codec.packetFrames(damaged, encoder.format);
    } catch (failure) {
      error('packet', /packet/)(failure);
    }
    try {
      const found = codec.decoder({ format: encoder.format }).push(damaged);
      assert.equal(found.length, frames * 320);
    } catch (failure) {
      error('packet', /packet/)(failure);
      ++refused;
      assert.throws(() => decoder.push(damaged), error('packet', /packet/));
    }
    // What was refused left no trace.
    assert.deepEqual(decoder.push(packet), right.push(packet));
  }
  assert.ok(refused > 0);
  for (const bytes of [new Uint8Array(0), new Uint8Array(9000), new Uint8Array(8192).fill(255)])
    assert.throws(() => decoder.push(bytes), error('packet', /packet/));
  const { errors, samplesDecoded, channelData } = decoder.decodeFrames([packets[0], new Uint8Array(0), packets[1]]);
  assert.deepEqual(errors.map(({ packet }) => packet), [1]);
  assert.equal(samplesDecoded, 3 * 320);
  assert.equal(channelData[0].length, 3 * 320);
});

test('wrong models', async () => {
  const weights = read(model);
  const garbage = Uint8Array.from({ length: 5000 }, (_, i) => (i * 37) & 255);
  for (const bytes of [new Uint8Array(0), garbage, weights.subarray(0, 7), weights.subarray(0, 9000), weights.subarray(0, -1)])
    await assert.rejects(Quaver.load({ weights: bytes }), error('model', /memory: .{10}/));
  await assert.rejects(Quaver.load({ identity: '0'.repeat(64) }), error('model', /another model: [0-9a-f]{64}/));
  await assert.rejects(Quaver.load({ identity: 'abc' }), error('argument', /64 hexadecimal digits/));
  await assert.rejects(Quaver.load({ weights: 'no-such.safetensors' }), error('network', /no-such\.safetensors/));
  await assert.rejects(Quaver.load({ wasm: garbage }), error('unsupported', /compiled/));
  for (const options of [{ weights: 7 }, { wasm: 7 }, { identity: 7 }, { memory: 7 }, { progress: 7 }])
    await assert.rejects(Quaver.load(options), error('argument', /got 7/));
  const again = await Quaver.load({ identity: codec.identity.toUpperCase(), weights: weights.buffer });
  assert.equal(again.identity, codec.identity);
  const tiny = await Quaver.load({ weights: join(conformance, 'tiny.safetensors') });
  assert.notEqual(tiny.identity, codec.identity);
  assert.throws(() => tiny.decode(codec.encode(sound)), error('model', new RegExp(codec.identity)));
});

test('damaged files', () => {
  const file = codec.encode(sound, { tokens: 6, framesPerPacket: 5 });
  const whole = codec.decode(file);
  assert.equal(whole.samplesDecoded, sound.length);
  assert.deepEqual([whole.errors, whole.damaged], [[], 0]);
  for (const bytes of [new Uint8Array(0), new Uint8Array(100), file.subarray(0, 30)])
    assert.throws(() => codec.decode(bytes), error('packet', /\.qvr/));
  const cut = codec.decode(file.subarray(0, file.length - 20));
  assert.ok(cut.errors.some(({ message }) => /cut off/.test(message)));
  const next = random(3);
  for (let round = 0; round < 60; ++round) {
    const damaged = file.slice();
    for (let i = 0; i <= next(4); ++i) damaged[next(damaged.length)] ^= 1 + next(255);
    try {
      const { channelData, errors, damaged: frames } = codec.decode(damaged);
      assert.ok(channelData[0].every(Number.isFinite));
      assert.ok(channelData[0].length <= sound.length + 3000 * 320);
      assert.ok(frames === 0 || errors.length > 0);
    } catch (failure) {
      assert.ok(['packet', 'model'].includes(failure.code), failure.stack);
    }
  }
  assert.deepEqual(codec.decode(file).channelData, whole.channelData);
});

test('arguments', () => {
  const encoder = codec.encoder();
  const { format } = encoder;
  const tokens = codec.tokenize(sound.subarray(0, 640), 3);
  const calls = [
    () => codec.encoder({ tokens: 19 }),
    () => codec.encoder({ tokens: 6, bitrate: 1000 }),
    () => codec.encoder({ bitrate: 1 }),
    () => codec.encoder({ bitrate: NaN }),
    () => codec.encoder({ bitrate: '3000' }),
    () => codec.encoder({ framesPerPacket: 26 }),
    () => codec.encoder({ effort: 3 }),
    () => codec.encoder({ effort: 1, variableRate: true }),
    () => encoder.push([0, 0]),
    () => encoder.push(new Float64Array(3)),
    () => encoder.push(undefined),
    () => encoder.setBitrate(-1),
    () => encoder.setBitrate(1),
    () => encoder.setTokens(0),
    () => encoder.setTokens(19),
    () => codec.encoder({ effort: 1 }).setBitrate(3000),
    () => codec.encoder({ effort: 1 }).setTokens(3),
    () => codec.encoder('3000'),
    () => codec.decoder(6),
    () => codec.decoder({ format: null }),
    () => new Encoder(),
    () => new Decoder({}),
    () => codec.decode(new DataView(new ArrayBuffer(8))),
    () => codec.encoder({ bitrate: Symbol('3000') }),
    () => codec.encoder({ tokens: 6n }),
    () => codec.encoder({ tokens: Object.create(null) }),
    () => codec.decoder({ format: { frames: 0, tokens: 6 } }),
    () => codec.decoder({ format: { frames: 1, tokens: 19 } }),
    () => codec.decoder({ skip: -1 }),
    () => codec.decoder().push(undefined),
    () => codec.decoder().push('packet'),
    () => codec.decoder().decodeFrames(new Uint8Array(3)),
    () => codec.decoder().conceal(3001),
    () => codec.decoder().conceal(1.5),
    () => codec.packetFrames(new Uint8Array(3)),
    () => codec.pack({ ...tokens, frames: 26 }, format),
    () => codec.pack({ ...tokens, data: tokens.data.slice(1) }, format),
    () => codec.detokenize({ ...tokens, data: tokens.data.map(() => 1000) }),
    () => codec.detokenize({ ...tokens, tokens: tokens.tokens.map(() => 19) }),
    () => codec.tokenize(sound, 0),
    () => codec.expectedBitrate(0),
    () => codec.decode('file'),
    () => new Quaver(),
  ];
  const [packet] = codec.encoder({ tokens: 6 }).push(sound.subarray(0, 320));
  const six = { format: { frames: 1, tokens: 6 } };
  assert.deepEqual(codec.decoder(six).push(packet.slice().buffer), codec.decoder(six).push(packet));
  calls.forEach((call, i) => assert.throws(call, error('argument', /./), `call ${i}`));
  assert.throws(() => encoder.setBitrate(1), /bitrate: 1 .*too few/);
  assert.throws(() => codec.encoder({ effort: 2 }).setTokens(3), /effort/);
  const strange = Float32Array.of(NaN, Infinity, -Infinity, 1e30, ...sound.subarray(0, 636));
  assert.ok(codec.decode(codec.encode(strange)).channelData[0].every(Number.isFinite));
  for (const length of [0, 1, 319, 321]) {
    const found = codec.decode(codec.encode(sound.subarray(0, length)));
    assert.deepEqual([found.samplesDecoded, found.errors], [length, []]);
  }
  works();
});

test('arrays of another realm are as good', () => {
  const other = createContext({});
  const foreign = (type, values) => runInContext(`(values) => ${type}.from(values)`, other)([...values]);
  const own = sound.subarray(0, 6400);
  const samples = foreign('Float32Array', own);
  assert.ok(!(samples instanceof Float32Array));
  assert.deepEqual(codec.encode(samples), codec.encode(own));
  assert.deepEqual(codec.decode(foreign('Uint8Array', codec.encode(own))), codec.decode(codec.encode(own)));
  const tokens = codec.tokenize(samples, 4);
  const strange = { data: foreign('Uint16Array', tokens.data), frames: tokens.frames, tokens: foreign('Uint8Array', tokens.tokens) };
  assert.deepEqual(codec.detokenize(strange), codec.detokenize(tokens));
});

// Frames that grow after they were checked.
test('getters are asked once', () => {
  const tokens = codec.tokenize(sound.subarray(0, 640), 3);
  let asked = 0;
  const growing = { ...tokens, get data() { return asked++ ? new Uint16Array(60000) : tokens.data; } };
  const format = { frames: tokens.frames, tokens: 3 };
  assert.deepEqual(codec.pack(growing, format), codec.pack(tokens, format));
  works();
});

test('after the end and after free()', async () => {
  const encoder = codec.encoder();
  const decoder = codec.decoder();
  encoder.flush();
  assert.throws(() => encoder.push(sound), error('ended', /ended/));
  encoder.free();
  encoder.free();
  decoder.free();
  for (const call of [() => encoder.push(sound), () => encoder.flush(), () => encoder.setTokens(3), () => decoder.push(null),
    () => decoder.reset(), () => decoder.conceal()])
    assert.throws(call, error('state', /after free/));
  works();
  const other = await Quaver.load();
  const stream = other.encoder();
  other.free();
  other.free();
  for (const call of [() => other.encoder(), () => other.tokenize(sound), () => other.metadata, () => stream.push(sound)])
    assert.throws(call, error('state', /after free/));
  stream.free();
  works();
});

test('views are renewed when memory grows during a call', async () => {
  const fresh = await Quaver.load();
  const before = fresh.memoryBytes;
  // How many streams fit into what is there at the start depends on the compiler.
  const streams = [];
  const packets = [];
  while (streams.length < 2 || (fresh.memoryBytes === before && streams.length < 1000)) {
    streams.push(fresh.encoder({ tokens: 6 }));
    packets.push(streams.at(-1).push(sound.subarray(0, 6400)));
  }
  assert.ok(fresh.memoryBytes > before);
  for (const found of packets) assert.deepEqual(found, packets[0]);
  // The one that made memory grow and the first one go on alike.
  assert.deepEqual(streams.at(-1).push(sound.subarray(6400, 12800)), streams[0].push(sound.subarray(6400, 12800)));
});
