// tests/conformance/README.md: what an implementation must satisfy.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Quaver, conformance, largestDifference, npy, read, sound } from './common.mjs';

const codec = await Quaver.load({ weights: join(conformance, 'tiny.safetensors') });
const vectors = [
  ['steady', { frames: 25, tokens: 4 }],
  ['varied', { frames: 5, tokens: 2 }],
];

for (const [name, format] of vectors) {
  const array = npy(join(conformance, `${name}.npy`));
  const counts = Uint8Array.from({ length: array.frames }, (_, frame) =>
    array.data.subarray(frame * 4, frame * 4 + 4).filter((token) => token !== 65535).length);
  const packets = readFileSync(join(conformance, `${name}.packets`), 'utf8').trim().split('\n')
    .map((line) => Uint8Array.from(Buffer.from(line.trim(), 'hex')));

  test(`${name}: packets and tokens`, () => {
    let frame = 0;
    for (const packet of packets) {
      const found = codec.unpack(packet, format);
      const next = frame + found.frames;
      assert.deepEqual(found.data, array.data.slice(frame * 4, next * 4));
      assert.deepEqual(found.tokens, counts.slice(frame, next));
      assert.deepEqual(codec.pack(found, format), packet);
      frame = next;
    }
    assert.equal(frame, array.frames);
  });

  test(`${name}: sound of tokens and of the file`, () => {
    const wanted = sound(join(conformance, `${name}.flac`));
    const found = codec.detokenize({ data: array.data, frames: array.frames, tokens: counts }).subarray(0, wanted.length);
    assert.ok(largestDifference(found, wanted) < 1e-3);
    const file = codec.decode(read(conformance, `${name}.qvr`));
    assert.deepEqual([file.errors, file.damaged], [[], 0]);
    assert.equal(file.samplesDecoded, wanted.length);
    assert.deepEqual(file.channelData[0], found);
  });
}

test('the encoder finds the tokens', () => {
  const wanted = npy(join(conformance, 'steady.npy'));
  const found = codec.tokenize(sound(join(conformance, 'input.flac')));
  assert.equal(found.frames, wanted.frames);
  const same = found.data.filter((token, i) => token === wanted.data[i]).length;
  assert.ok(same >= 0.999 * wanted.data.length, `${same} of ${wanted.data.length}`);
});
