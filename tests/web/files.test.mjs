// What the page saves, and its words for what does not work.
import assert from 'node:assert/strict';
import test from 'node:test';

import {npyFile, tokenFile, wavFile} from '../../apps/web/files.js';
import {browserProblem, microphoneProblem} from '../../apps/web/support.js';

const text = (bytes, from, to) => String.fromCharCode(...bytes.subarray(from, to));

test('a WAV file holds the samples, clipped', () => {
  const samples = Float32Array.of(0, 0.5, -0.5, 2, -2, 1 / 32768), bytes = wavFile(samples, 16000), view = new DataView(bytes.buffer);
  assert.equal(text(bytes, 0, 4) + text(bytes, 8, 16) + text(bytes, 36, 40), 'RIFFWAVEfmt data');
  assert.deepEqual([view.getUint32(4, true), view.getUint32(40, true)], [bytes.length - 8, 12]);
  assert.deepEqual([20, 22, 32, 34].map(at => view.getUint16(at, true)), [1, 1, 2, 16]);
  assert.deepEqual([view.getUint32(24, true), view.getUint32(28, true)], [16000, 32000]);
  assert.deepEqual([...samples.keys()].map(i => view.getInt16(44 + 2 * i, true)), [0, 16384, -16384, 32767, -32768, 1]);
});

test('a NumPy file says its shape, and its data begin at a multiple of 64 bytes', () => {
  for (const rows of [0, 1, 7, 123456]) {
    const data = Uint16Array.from({length: 3 * rows}, (_, i) => i), bytes = npyFile(data, rows, 3), view = new DataView(bytes.buffer);
    assert.deepEqual([...bytes.subarray(0, 8)], [0x93, 78, 85, 77, 80, 89, 1, 0]);
    const begin = 10 + view.getUint16(8, true);
    assert.equal(begin % 64, 0);
    assert.match(text(bytes, 10, begin), new RegExp(`^{'descr': '<u2', 'fortran_order': False, 'shape': \\(${rows}, 3\\), } *\n$`));
    assert.equal(bytes.length, begin + 6 * rows);
    for (let i = 0; i < Math.min(100, data.length); i++) assert.equal(view.getUint16(begin + 2 * i, true), i);
  }
  assert.throws(() => npyFile(new Uint16Array(5), 2, 3), RangeError);
});

test('tokens lose the columns that no frame has', () => {
  const none = 65535, bytes = tokenFile(
      {data: Uint16Array.of(1, 2, none, none, 3, 4, 5, none), frames: 2, tokens: Uint8Array.of(2, 3)}, 4);
  const view = new DataView(bytes.buffer), begin = 10 + view.getUint16(8, true);
  assert.match(text(bytes, 10, begin), /\(2, 3\)/);
  assert.deepEqual([0, 1, 2, 3, 4, 5].map(i => view.getUint16(begin + 2 * i, true)), [1, 2, none, 3, 4, 5]);
});

test('a browser is told what it lacks', () => {
  const good = {WebAssembly, isSecureContext: true, AudioWorkletNode: class {}};
  assert.equal(browserProblem(good), null);
  assert.match(browserProblem({...good, WebAssembly: undefined}), /WebAssembly/);
  assert.match(browserProblem({...good, WebAssembly: {validate: () => false}}), /SIMD/);
  assert.match(browserProblem({...good, isSecureContext: false, AudioWorkletNode: undefined}), /https/);
  assert.match(browserProblem({...good, AudioWorkletNode: undefined}), /AudioWorklet/);
});

test('a microphone that does not open is explained', () => {
  const words = name => microphoneProblem({name, message: 'why'});
  assert.match(words('NotAllowedError'), /not allowed/);
  assert.match(words('NotFoundError'), /no microphone/);
  assert.match(words('NotReadableError'), /another program/);
  assert.match(words('TypeError'), /why/);
});
