// Rings, resampling, spectra: what the page does with samples.
import assert from 'node:assert/strict';
import test from 'node:test';

import {Spectrum} from '../../apps/web/fft.js';
import {randomNumbers} from '../../apps/web/network.js';
import {Resampler} from '../../apps/web/resample.js';
import {SampleRing} from '../../apps/web/ring.js';

const sine = (hertz, rate, count) => Float32Array.from({length: count}, (_, i) => Math.sin(2 * Math.PI * hertz * i / rate));

test('a ring gives what was written, in order, whatever the portions', () => {
  const random = randomNumbers(1), ring = new SampleRing(2, 37);
  let written = 0, read = 0;
  for (let turn = 0; turn < 2000; turn++) {
    const length = Math.floor(random() * 30);
    const block = [0, 1].map(channel => Float32Array.from({length}, (_, i) => written + i + channel * 0.5));
    const room = 37 - ring.filled, taken = ring.write(block);
    assert.equal(taken, Math.min(room, block[0].length));
    written += taken;
    const most = Math.floor(random() * 30), out = [0, 1].map(() => new Float32Array(most));
    const count = ring.read(out);
    assert.equal(count, Math.min(out[0].length, written - read));
    for (let i = 0; i < count; i++) assert.deepEqual([out[0][i], out[1][i]], [read + i, read + i + 0.5]);
    read += count;
    if (turn % 7 === 0) {
      const before = ring.filled;
      ring.drop(5);
      read += before - ring.filled;
      assert.equal(before - ring.filled, Math.min(5, before));
    }
    assert.equal(ring.filled, written - read);
  }
});

for (const [from, to] of [[48000, 16000], [44100, 16000], [16000, 48000], [16000, 44100], [96000, 16000], [22050, 16000]]) {
  test(`a tone keeps its place and level from ${from} to ${to} Hz`, () => {
    const resampler = new Resampler(from, to), out = resampler.push(sine(1000, from, from / 5));
    assert.ok(Math.abs(out.length - (from / 5 - resampler.ahead) * to / from) <= 1 + to / from, `${out.length}`);
    const wanted = sine(1000, to, out.length);
    for (let i = 200; i < out.length; i++) assert.ok(Math.abs(out[i] - wanted[i]) < 1e-3, `sample ${i}: ${out[i]}, not ${wanted[i]}`);
  });
}

test('what 16 kHz cannot hold does not come back as another tone', () => {
  const out = new Resampler(48000, 16000).push(sine(10000, 48000, 48000));
  for (const sample of out.subarray(200)) assert.ok(Math.abs(sample) < 2e-4, `${sample}`);  // -74 dB
});

test('resampling in any portions gives the same bits', () => {
  const random = randomNumbers(2), sound = Float32Array.from({length: 20000}, () => random() - 0.5);
  const whole = new Resampler(44100, 16000).push(sound), pieces = new Resampler(44100, 16000), out = [];
  for (let at = 0; at < sound.length;) {
    const next = at + Math.floor(random() * 700);
    out.push(...pieces.push(sound.subarray(at, next)));
    at = next;
  }
  assert.deepEqual(Float32Array.from(out), whole);
});

test('a full-scale tone has 0 dB in its row, and little elsewhere', () => {
  const levels = new Float32Array(256);
  new Spectrum(512).levels(sine(16000 * 40 / 512, 16000, 512), levels);
  assert.ok(Math.abs(levels[40]) < 0.01, `${levels[40]}`);
  for (const [bin, level] of levels.entries()) assert.ok(Math.abs(bin - 40) < 2 || level < -80, `row ${bin}: ${level} dB`);
});
