// A start of the page, from its ports to its codecs.
import assert from 'node:assert/strict';
import test from 'node:test';

import {Recording} from '../../apps/web/recording.js';
import {Session} from '../../apps/web/session.js';

/** A codec that changes nothing; what is used after free() throws. */
const codec = {
  delay: 80,
  runIn: 30,
  encoder: () => ({format: {}, push: samples => [samples], setTokens() {}, free() { this.push = () => { throw new Error('used after free()'); }; }}),
  decoder: () => ({push: packet => packet ?? new Float32Array(320), free() {}}),
  unpack: () => ({data: new Uint16Array(18)}),
};

/** A session with ports that keep what they are given. */
function begun(request = {}) {
  const told = [], failed = [], port = () => ({sent: [], closed: false, postMessage(message) { this.sent.push(message); }, close() { this.closed = true; }});
  const playback = port(), capture = request.samples ? undefined : port();
  const session = new Session({codec, opus: [], tell: message => told.push(message), fail: error => failed.push(error)},
      {number: 7, rate: 16000, wait: 0.1, repeat: false, settings: {tokens: 6, loss: 0, burst: 1, seed: 1}, heard: 1, playback, capture, ...request});
  return {session, playback, capture, told, failed};
}
const sent = port => port.sent.reduce((sum, {block}) => sum + (block?.[0].length ?? 0), 0);

test('of a sound as much is coded as the playback needs next, to its end', () => {
  const {session, playback, told, failed} = begun({samples: new Float32Array(16000).fill(0.5)});
  assert.equal(sent(playback), 2240);  // 0.13 s, whole frames
  for (let taken = 0; taken < 16000; taken += 320) playback.onmessage({data: {taken, filled: 320, wait: 1600, gaps: 0, dropped: 0}});
  assert.equal(playback.sent.at(-1).ended, true);
  assert.ok(sent(playback) >= 16000 + codec.delay);
  assert.deepEqual(session.recording().heard.subarray(0, 16000 - codec.delay), new Float32Array(16000 - codec.delay).fill(0.5));
  assert.ok(told.every(({number}) => number === 7) && told.some(({type}) => type === 'coded'));
  playback.onmessage({data: {taken: 17000, empty: true, filled: 0, wait: 1600, gaps: 0, dropped: 0}});
  assert.equal(told.at(-1).type, 'ended');
  assert.deepEqual(failed, []);
});

test('what the ports of an earlier start still deliver is too late', () => {
  for (const request of [{samples: new Float32Array(16000)}, {}]) {
    const {session, playback, capture, told, failed} = begun(request), before = told.length;
    session.close();
    playback.onmessage({data: {taken: 5000, filled: 0, wait: 1600, gaps: 0, dropped: 0}});
    capture?.onmessage({data: new Float32Array(512)});
    assert.deepEqual([told.length, failed.length, playback.closed], [before, 0, true]);
  }
});

test('what goes wrong in a port is told', () => {
  const {capture, failed} = begun();
  capture.onmessage({data: null});
  assert.equal(failed.length, 1);
});

test('a recording keeps the last ten minutes', () => {
  const recording = new Recording(), minute = 60 * 16000;
  for (let i = 0; i < 12; i++) recording.put(new Float32Array(minute).fill(i));
  assert.deepEqual([recording.whole().length, recording.whole()[0], recording.whole(minute)[0]], [10 * minute, 2, 3]);
});
