import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Quaver, speech } from './common.mjs';

const sound = speech();

test('10,000 streams leave nothing behind', async () => {
  const codec = await Quaver.load();
  const cycle = (some) => {
    const encoder = codec.encoder({ tokens: 6 });
    const decoder = codec.decoder({ format: encoder.format });
    if (some) for (const packet of encoder.push(sound.subarray(0, 960))) decoder.push(packet);
    decoder.reset();
    encoder.free();
    decoder.free();
  };
  for (let i = 0; i < 20; ++i) cycle(true);
  const before = codec.memoryBytes;
  for (let i = 0; i < 10000; ++i) cycle(i % 50 === 0);
  assert.equal(codec.memoryBytes, before);
});

test('whole sounds, damaged ones too, leave nothing behind', async () => {
  const codec = await Quaver.load();
  const file = codec.encode(sound.subarray(0, 16000));
  const cycle = () => {
    codec.decode(file);
    assert.throws(() => codec.decode(file.subarray(0, 40)), { code: 'packet' });
    codec.tokenize(sound.subarray(0, 3200));
    codec.encode(sound.subarray(0, 3200));
    void codec.metadata;
  };
  cycle();
  const before = codec.memoryBytes;
  for (let i = 0; i < 30; ++i) cycle();
  assert.equal(codec.memoryBytes, before);
});

test('short memory is an error, and others go on', async () => {
  const weights = (await Quaver.load()).memoryBytes;
  await assert.rejects(Quaver.load({ memory: 8 << 20 }), { code: 'memory' });
  const codec = await Quaver.load({ memory: weights + (6 << 20) });
  const expected = codec.tokenize(sound.subarray(0, 6400), 6);
  const first = codec.encoder({ tokens: 6 });
  const streams = [];
  // Effort keeps 30 seconds of sound; some run out of memory when they are made, some when they are fed.
  let failed = 0;
  for (let i = 0; i < 40; ++i) {
    let stream;
    try {
      stream = codec.encoder(i % 2 ? { bitrate: 1500, effort: 1 } : { tokens: 6 });
      for (let n = 0; n < 3 && i % 2; ++n) stream.push(sound);
      streams.push(stream);
    } catch (error) {
      assert.equal(error.code, 'memory', error.stack);
      assert.match(error.message, /memory is short/);
      ++failed;
      if (stream) {
        assert.throws(() => stream.push(sound), { code: 'state' });
        stream.free();
      }
    }
    if (i % 8 === 0) assert.equal(first.push(sound.subarray(0, 320)).length, 1);
  }
  assert.ok(failed > 0);
  for (const stream of streams) stream.free();
  assert.deepEqual(codec.tokenize(sound.subarray(0, 6400), 6), expected);
  // And once more: what failed took nothing along.
  const room = () => {
    const taken = [];
    try {
      for (;;) taken.push(codec.encoder({ tokens: 6 }));
    } catch (error) {
      assert.equal(error.code, 'memory');
    }
    for (const stream of taken) stream.free();
    return taken.length;
  };
  const count = room();
  assert.ok(count > 0);
  for (let i = 0; i < 5; ++i) assert.equal(room(), count);
});
