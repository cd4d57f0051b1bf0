// Lost packets, and what the page counts.
import assert from 'node:assert/strict';
import test from 'node:test';

import {LossChain} from '../../apps/web/network.js';
import {Pipeline} from '../../apps/web/pipeline.js';
import {Statistics} from '../../apps/web/statistics.js';

const lossesOf = (chain, count) => Array.from({length: count}, () => chain.next());

/** [share lost, mean number lost in a row] */
function shape(losses) {
  const lost = losses.filter(Boolean).length, runs = losses.filter((one, i) => one && !losses[i - 1]).length;
  return [lost / losses.length, lost / runs];
}

for (const [loss, burst] of [[0.05, 1], [0.1, 3], [0.2, 2.5], [0.5, 10], [0.3, 0]]) {
  test(`of many packets ${100 * loss} % are lost, in bursts of ${burst}`, () => {
    const [share, mean] = shape(lossesOf(new LossChain(loss, burst, 7), 200000));
    assert.ok(Math.abs(share - loss) < 0.05 * loss + 0.002, `${share}`);
    const wanted = burst || 1 / (1 - loss);
    assert.ok(Math.abs(mean - wanted) < 0.06 * wanted, `${mean}`);
  });
}

test('all, none, and bursts that cannot be as short as that', () => {
  assert.deepEqual(shape(lossesOf(new LossChain(0, 3, 1), 1000))[0], 0);
  assert.deepEqual(shape(lossesOf(new LossChain(1, 3, 1), 1000))[0], 1);
  const [share, mean] = shape(lossesOf(new LossChain(0.8, 1, 1), 100000));
  assert.ok(Math.abs(share - 0.8) < 0.01 && Math.abs(mean - 4) < 0.2, `${share}, ${mean}`);
});

test('the same seed loses the same packets, another one others; a change counts from the next packet on', () => {
  const losses = seed => lossesOf(new LossChain(0.2, 2, seed), 500);
  assert.deepEqual(losses(3), losses(3));
  assert.notDeepEqual(losses(3), losses(4));
  const chain = new LossChain(0.5, 2, 1);
  lossesOf(chain, 100);
  chain.set(0, 1);
  assert.equal(lossesOf(chain, 100).slice(1).filter(Boolean).length, 0);
});

test('figures are of the packets of late, counts of all', () => {
  const statistics = new Statistics(1);
  assert.equal(statistics.kilobits, null);
  for (let i = 0; i < 100; i++) statistics.add({bytes: 10, lost: i % 4 === 0, milliseconds: 25});
  for (let i = 0; i < 50; i++) statistics.add({bytes: 5, lost: false, milliseconds: i});
  assert.equal(statistics.kilobits, 2);
  assert.deepEqual([statistics.packets, statistics.lost, statistics.late], [150, 25 / 150, 100 + 29]);
  assert.equal(statistics.milliseconds(0.5), 25);
});

/** A codec that changes nothing and is late by `delay` samples; what is lost is silent. */
function late(delay) {
  let kept = new Float32Array(delay);
  return samples => {
    const both = Float32Array.from([...kept, ...samples]);
    kept = both.slice(samples.length);
    return both.slice(0, samples.length);
  };
}

/** With the calls of the package; packets hold the samples. */
function codecOf(delay, asked) {
  const sounds = [];
  return {
    delay,
    runIn: 30,
    encoder: ({tokens}) => ({
      format: {frames: 1, tokens},
      // A byte more when it is not what was agreed on.
      push: samples => [Uint8Array.of(sounds.push(samples.slice()) - 1, ...asked.length && asked.at(-1) !== tokens ? [0] : [])],
      setTokens: wanted => asked.push(wanted),
      free() {},
    }),
    decoder: () => {
      const through = late(delay);
      return {push: packet => through(packet ? sounds[packet[0]] : new Float32Array(320)), free() {}};
    },
    unpack: () => ({data: Uint16Array.of(1, 65535), frames: 1, tokens: Uint8Array.of(1)}),
  };
}
const opusOf = delay => {
  const through = late(delay);
  return {delay, code: (frame, lost) => ({samples: through(lost ? new Float32Array(320) : frame), bytes: 15})};
};
const frames = Array.from({length: 20}, (_, f) => Float32Array.from({length: 320}, (_, i) => Math.sin(0.01 * (320 * f + i) ** 1.1)));

test('all channels are in time with each other, whichever codec is the latest', () => {
  for (const [quaver, opus] of [[80, 104], [400, 104]]) {
    const pipeline = new Pipeline(codecOf(quaver, []), {tokens: 6, loss: 0, burst: 1, seed: 1}, [opusOf(opus), opusOf(opus)]);
    pipeline.useOpus();
    const blocks = frames.map(frame => pipeline.push(frame).block);
    const [original, ...decoded] = [0, 1, 2, 3].map(channel => blocks.flatMap(block => [...block[channel]]));
    assert.equal(pipeline.delay, Math.max(quaver, opus));
    assert.deepEqual(original.slice(pipeline.delay), frames.flatMap(frame => [...frame]).slice(0, 6400 - pipeline.delay));
    for (const channel of decoded) assert.deepEqual(channel, original);
  }
});

test('without Opus its channels are silent; settings reach the encoder; lost packets are told and lost', () => {
  const asked = [], pipeline = new Pipeline(codecOf(80, asked), {tokens: 6, loss: 0, burst: 1, seed: 1});
  pipeline.useOpus();
  pipeline.setTokens(9);
  assert.deepEqual(asked, [9]);
  const whole = pipeline.push(frames[0]);
  assert.deepEqual([whole.packet.bytes, whole.packet.lost], [2, false]);
  assert.ok(whole.block[2].every(sample => sample === 0));
  pipeline.setLoss(1, 1);
  const lost = pipeline.push(frames[1]);
  assert.equal(lost.packet.lost, true);
  assert.ok(lost.block[1].slice(80).every(sample => sample === 0) && lost.block[0].some(sample => sample !== 0));
});

test('another number of tokens is soon agreed on, and nothing is heard of that', () => {
  const asked = [], pipeline = new Pipeline(codecOf(80, asked), {tokens: 6, loss: 0, burst: 1, seed: 1});
  const sound = Float32Array.from({length: 320 * 120}, (_, i) => Math.sin(0.003 * i)), bytes = [], heard = [];
  for (let frame = 0; frame < 120; frame++) {
    if (frame === 10) pipeline.setTokens(2);
    if (frame === 20) pipeline.setTokens(1);
    const {block, packet} = pipeline.push(sound.slice(320 * frame, 320 * frame + 320));
    bytes.push(packet.bytes);
    heard.push(...block[1]);
  }
  assert.deepEqual([...new Set(bytes.slice(0, 10))], [1]);
  assert.deepEqual([...new Set(bytes.slice(10, 20 + 30))], [2]);
  assert.deepEqual([...new Set(bytes.slice(80))], [1]);
  assert.deepEqual(heard.slice(80), [...sound.slice(0, -80)]);
});
