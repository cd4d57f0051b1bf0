// In Chromium: the conformance vectors, the Worker, an AudioWorklet, and what only a browser has, weights kept in its Cache.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inBrowser, skip } from './browser.mjs';
import { Quaver, speech } from './common.mjs';

function good({ error, failures }) {
  assert.equal(error, undefined, error);
  assert.deepEqual(failures, []);
}

test('conformance, and the same files as Node, also in a Worker', { skip }, async () => {
  const { answer } = await inBrowser('conformance');
  good(answer);
  assert.ok(answer.sound < 1e-3);
  assert.ok(answer.share >= 0.999, `${answer.share} of the tokens`);
  const codec = await Quaver.load();
  assert.deepEqual(answer.file, Array.from(codec.encode(speech())));
  console.log(`encode ${answer.encode.toFixed(1)} x real time, decode ${answer.decode.toFixed(1)}`);
});

test('in an AudioWorklet it codes as elsewhere', { skip }, async () => {
  good((await inBrowser('worklet')).answer);
});

test('weights are fetched once, and again when they are damaged or of another model', { skip }, async () => {
  const { answer, asked } = await inBrowser('network');
  good(answer);
  const times = (path) => asked.filter((url) => url === path).length;
  assert.equal(times('/speech-16k.safetensors'), answer.fetches);
  assert.equal(times(answer.together), 1);
});
