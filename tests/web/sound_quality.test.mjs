// What comes out of the page scores as what the program makes: of a file, and of a microphone that plays a recording.
import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'node:test';

import {wavFile} from '../../apps/web/files.js';
import {demo, launch, open, program, quaver, ready, saved, scratch, serve} from './browser.mjs';

const CLIP = 'en-vctk-p228', TOKENS = 6, RATE = 16000;
// Of ESTOI: as good as the program; better than chance; what a microphone's way through 48 kHz leaves of a sound.
const CLOSE = 0.01, SUSPICIOUS = 0.03, CAPTURED = 0.98;

const samplesOf = path => Float32Array.from(new Int16Array(readFileSync(path).buffer.slice(44)), sample => sample / 32768);
const estoi = (reference, decoded) => {
  const scores = JSON.parse(quaver('evaluate', reference, decoded, '--json', '--align', '--allow-length-difference'));
  return Object.entries(scores).find(([name]) => /estoi/i.test(name))[1];
};

/** What the program makes of a clip with as many tokens a frame, and its score. */
function native(folder, tokens) {
  const clip = join(demo, 'samples', `${CLIP}.flac`), files = {clip};
  for (const ending of ['wav', 'qvr', 'decoded.wav', 'npy']) files[ending] = join(folder, `native.${ending}`);
  quaver('encode', clip, '-o', files.qvr, '--tokens', `${tokens}`);
  quaver('encode', clip, '-o', files.npy, '--tokens', `${tokens}`);
  quaver('decode', files.qvr, '-o', files['decoded.wav']);
  return {...files, estoi: estoi(clip, files['decoded.wav'])};
}

const skip = program ? false : 'there is no program quaver to compare with';

test('what is saved of a sample is what the program makes of it', {skip}, async test => {
  const folder = scratch(test), wanted = native(folder, TOKENS), server = await serve(), browser = await launch();
  test.after(() => Promise.all([browser.close(), server.close()]));
  const {page, check} = await open(browser, server.address);
  await ready(page);
  assert.equal(await page.inputValue('#bitrate'), `${TOKENS}`);
  await page.uncheck('#repeat');
  await page.click('#play');
  await page.waitForFunction(() => document.getElementById('stop').disabled && !document.getElementById('save-qvr').disabled);
  const files = {};
  for (const kind of ['qvr', 'npy', 'wav']) {
    files[kind] = join(folder, `page.${kind}`);
    await saved(page, `#save-${kind}`, files[kind]);
  }
  await check();

  // As it came out while it played: frame by frame.
  const heard = estoi(wanted.clip, files.wav);
  test.diagnostic(`ESTOI: ${heard} from the page, ${wanted.estoi} from the program`);
  assert.ok(Math.abs(heard - wanted.estoi) <= CLOSE, `ESTOI ${heard} from the page, ${wanted.estoi} from the program`);
  // Fewer than 1 in 1000 tokens may differ, because WebAssembly rounds otherwise.
  const [mine, theirs] = [files.npy, wanted.npy].map(path => readFileSync(path));
  assert.equal(mine.length, theirs.length);
  const numbers = bytes => new Uint16Array(bytes.buffer.slice(bytes.byteOffset + 10 + bytes.readUInt16LE(8), bytes.byteOffset + bytes.length));
  const [a, b] = [mine, theirs].map(numbers), different = a.filter((token, i) => token !== b[i]).length;
  test.diagnostic(`${different} of ${a.length} tokens differ`);
  assert.ok(different <= a.length / 1000, `${different} of ${a.length} tokens differ`);
  assert.match(quaver('info', files.qvr), new RegExp(`\\b${TOKENS} a frame, 25 frames a packet`));
  assert.match(quaver('info', files.npy), new RegExp(`tokens, 301 frames .*${TOKENS} tokens a frame`));
  quaver('encode', files.wav, '-o', join(folder, 'again.qvr'));
  for (const kind of ['qvr', 'npy']) {
    const decoded = join(folder, `page.${kind}.wav`);
    quaver('decode', files[kind], '-o', decoded);
    assert.ok(Math.abs(estoi(wanted.clip, decoded) - wanted.estoi) <= CLOSE, kind);
  }
});

/** The page keeps what its worker recorded, so that a test can read it. */
const keepRecordings = page => page.addInitScript(() => {
  globalThis.Worker = class extends Worker {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({data}) => { if (data.type === 'recording') globalThis.recorded = data.input; });
    }
  };
});

/** Where `clip` lies in `sound`: the places of its loudest likenesses, best first, each at least half a clip from the others. */
function placesOf(clip, sound) {
  const STEP = 8, coarse = samples => {
    const out = new Float32Array(Math.floor(samples.length / STEP));
    for (let i = 0; i < out.length; i++) for (let k = 0; k < STEP; k++) out[i] += samples[STEP * i + k];
    return out;
  };
  const [a, b] = [clip, sound].map(coarse), places = [];
  for (let at = 0; at + a.length <= b.length; at++) {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i] * b[at + i];
    places.push({at: at * STEP, sum});
  }
  places.sort((x, y) => y.sum - x.sum);
  const best = [];
  for (const place of places) {
    if (best.length < 3 && best.every(other => Math.abs(other.at - place.at) > clip.length / 2)) best.push(place);
  }
  return best.map(({at}) => at);
}

test('what the microphone hears comes out as well as from the program', {skip}, async test => {
  const folder = scratch(test), server = await serve(), source = join(folder, 'speech.wav');
  test.after(() => server.close());
  {  // The clip as a WAV file, through a browser's decoder.
    const browser = await launch(), {page, check} = await open(browser, server.address);
    const samples = await page.evaluate(async url => {
      const {fetchSound} = await import('./sounds.js');
      return [...await fetchSound(url)];
    }, `samples/${CLIP}.flac`);
    writeFileSync(source, wavFile(Float32Array.from(samples), RATE));
    await check();
    await browser.close();
  }
  const browser = await launch('--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-audio-capture=${source}`);
  test.after(() => browser.close());
  const {page, check} = await open(browser, server.address, {permissions: ['microphone']}, keepRecordings);
  await ready(page);
  await page.click('#microphone');
  const clip = samplesOf(source), heard = join(folder, 'heard.wav'), cut = join(folder, 'cut.wav'), captured = [];
  let input;
  // A busy machine may disturb the browser's fake microphone: the best of some repetitions counts.
  for (let turn = 0; turn < 4 && !(Math.max(...captured, 0) >= CAPTURED); turn++) {
    await page.waitForTimeout(2.2 * 1000 * clip.length / RATE);
    await saved(page, '#save-wav', heard);
    input = Float32Array.from(await page.evaluate(() => [...globalThis.recorded]));
    const late = input.slice(-3 * clip.length);
    for (const at of placesOf(clip, late)) {
      writeFileSync(cut, wavFile(late.slice(at, at + clip.length), RATE));
      captured.push(estoi(source, cut));
    }
  }
  test.diagnostic(`ESTOI of what the microphone gave, beside the file behind it: ${captured.join(', ')}`);
  assert.ok(Math.max(...captured) >= CAPTURED, `the microphone gave ${captured.join(', ')}`);

  // Scores depend on where the frames begin, by 0.03 for this clip, so the program codes what the microphone gave.
  const files = Object.fromEntries(['input.wav', 'input.qvr', 'decoded.wav'].map(name => [name, join(folder, name)]));
  writeFileSync(files['input.wav'], wavFile(input, RATE));
  quaver('encode', files['input.wav'], '-o', files['input.qvr'], '--tokens', `${TOKENS}`);
  quaver('decode', files['input.qvr'], '-o', files['decoded.wav']);
  const [mine, theirs] = [heard, files['decoded.wav']].map(path => estoi(files['input.wav'], path));
  test.diagnostic(`ESTOI: ${mine} from the page, ${theirs} from the program`);
  assert.ok(mine >= theirs - CLOSE && mine <= theirs + SUSPICIOUS, `ESTOI ${mine} from the page, ${theirs} from the program`);
  assert.match(await page.textContent('#state'), /headphones/);
  await page.click('#stop');
  await check();
});

test('a minute without a gap', {skip: process.env.QUAVER_SOAK ? false : 'a long test (apps/web/check --soak)'}, async test => {
  const server = await serve(), browser = await launch('--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream');
  test.after(() => Promise.all([browser.close(), server.close()]));
  for (const source of ['microphone', 'play']) {
    const {page, check} = await open(browser, server.address, {permissions: ['microphone']});
    await ready(page);
    await page.click(`#${source}`);
    await page.waitForTimeout(60000);
    const [gaps, late, time] = await Promise.all(['gaps', 'late', 'time'].map(id => page.$eval(`#${id}`, element => +element.textContent)));
    test.diagnostic(`${source}: ${gaps} gaps, ${late} packets over 20 ms, ${time} ms a packet`);
    assert.equal(gaps, 0, `${source}: ${gaps} gaps; ${late} packets over 20 ms; is the machine idle?`);
    await check();
  }
});
