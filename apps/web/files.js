// Bytes of the files that the page saves. (The library writes .qvr files itself.)

/**
 * @param {Float32Array} samples mono, -1 .. 1; louder ones are clipped
 * @param {number} rate Hz
 * @returns {Uint8Array} a WAV file of 16 bits
 */
export function wavFile(samples, rate) {
  const bytes = new Uint8Array(44 + 2 * samples.length), view = new DataView(bytes.buffer);
  const text = (at, word) => [...word].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, 'RIFF');
  view.setUint32(4, bytes.length - 8, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);         // integers
  view.setUint16(22, 1, true);         // one channel
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);  // bytes a second
  view.setUint16(32, 2, true);         // bytes of a sample in all channels
  view.setUint16(34, 16, true);        // bits of a sample
  text(36, 'data');
  view.setUint32(40, 2 * samples.length, true);
  for (let i = 0; i < samples.length; i++) {
    view.setInt16(44 + 2 * i, Math.max(-32768, Math.min(32767, Math.round(32768 * samples[i]))), true);
  }
  return bytes;
}

/**
 * @param {Uint16Array} data [rows, columns]
 * @param {number} rows
 * @param {number} columns
 * @returns {Uint8Array} a NumPy file (.npy, version 1.0)
 */
export function npyFile(data, rows, columns) {
  if (data.length !== rows * columns) throw new RangeError(`${data.length} numbers are no array of ${rows} times ${columns}`);
  const header = `{'descr': '<u2', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const length = Math.ceil((10 + header.length + 1) / 64) * 64;
  const bytes = new Uint8Array(length + 2 * data.length), view = new DataView(bytes.buffer);
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0]);
  view.setUint16(8, length - 10, true);
  bytes.set(new TextEncoder().encode(header.padEnd(length - 11) + '\n'), 10);
  for (let i = 0; i < data.length; i++) view.setUint16(length + 2 * i, data[i], true);
  return bytes;
}

/**
 * Tokens with columns that no frame uses left out, as `quaver encode --tokens` writes them.
 * @param {{data: Uint16Array, frames: number, tokens: Uint8Array}} tokens as the library gives them
 * @param {number} groups columns of `data`
 * @returns {Uint8Array} a NumPy file
 */
export function tokenFile(tokens, groups) {
  const columns = Math.max(1, ...tokens.tokens);
  const data = new Uint16Array(tokens.frames * columns);
  for (let frame = 0; frame < tokens.frames; frame++) {
    data.set(tokens.data.subarray(frame * groups, frame * groups + columns), frame * columns);
  }
  return npyFile(data, tokens.frames, columns);
}
