// The page in Chromium.
import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import test from 'node:test';

import {demo, figure, launch, open, ready, saved, scratch, serve, until} from './browser.mjs';

const server = await serve(), browser = await launch();
test.after(async () => {
  await browser.close();
  server.close();
});

const set = (page, id, value) => page.fill(`#${id}`, `${value}`);

/** Pixels of a picture that are not black, as a share. */
const drawn = (page, id) => page.$eval(`#${id}`, canvas => {
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) count += data[at] + data[at + 1] + data[at + 2] > 60 ? 1 : 0;
  return 4 * count / data.length;
});

test('a sample plays; sliders change what is measured; pictures and levels move', async () => {
  const {page, check} = await open(browser, server.address);
  await ready(page);
  await page.click('#play');
  await until(page, 'rate', 0.1);
  await set(page, 'bitrate', 2);
  await until(page, 'rate', 0.2, 1.6);
  await set(page, 'bitrate', 18);
  await until(page, 'rate', 4);
  assert.equal(await figure(page, 'lost'), 0);
  await set(page, 'burst', 2);
  await set(page, 'loss', 50);
  await until(page, 'lost', 15);
  for (const id of ['spectrogram-original', 'spectrogram-decoded', 'tokens']) assert.ok(await drawn(page, id) > 0.02, id);
  assert.match(await page.textContent('#latency-parts'), /codec \d+ \+ buffer \d+ \+ device \d+/);
  assert.ok(await figure(page, 'time') > 0);
  await page.waitForFunction(() => document.getElementById('meter-decoded').getAttribute('aria-valuenow') > -40);
  await page.click('#pause');
  await page.waitForFunction(() => document.getElementById('state').textContent.startsWith('Paused'));
  await page.click('#pause');
  await page.waitForFunction(() => document.getElementById('state').textContent.startsWith('Playing'));
  await page.click('#stop');
  assert.equal(await page.isDisabled('#stop'), true);
  await check();
});

test('after a stop nothing is computed any more', async () => {
  const {page, check} = await open(browser, server.address, {}, page => page.addInitScript(() => {
    globalThis.coded = 0;
    globalThis.Worker = class extends Worker {
      constructor(...given) {
        super(...given);
        this.addEventListener('message', ({data}) => { globalThis.coded += data.type === 'coded' ? 1 : 0; });
      }
    };
  }));
  const coded = () => page.evaluate(() => globalThis.coded);
  await ready(page);
  await page.click('#play');
  await until(page, 'rate', 0.1);
  await page.click('#stop');
  await page.waitForTimeout(500);  // what is on its way
  const before = await coded();
  await page.waitForTimeout(1000);
  assert.ok(before > 0);
  assert.equal(await coded(), before);
  await check();
});

test('a sound without repeat ends; what is heard can be chosen; Opus is there or is said to be missing', async () => {
  const {page, check} = await open(browser, server.address);
  await ready(page);
  const opus = readdirSync(demo).includes('opus');
  assert.equal(await page.isHidden('#no-opus'), opus);
  await page.uncheck('#repeat');
  await page.click('#play');
  for (const name of ['original', 'quaver', ...opus ? ['opus6', 'opus12'] : []]) await page.check(`input[value=${name}]`, {force: true});
  assert.match(await page.textContent('#decoded-title'), opus ? /Opus 12/ : /Quaver/);
  assert.equal(await page.isDisabled('input[value=opus6]'), !opus);
  await page.waitForFunction(() => document.getElementById('stop').disabled);
  await check();
});

test('a chosen file plays; one that is no sound is refused by name', async test => {
  const {page, check} = await open(browser, server.address);
  await ready(page);
  await page.setInputFiles('#file', join(demo, 'samples', 'de-thorsten-03.flac'));
  await page.waitForFunction(() => document.getElementById('state').textContent === 'Playing: de-thorsten-03.flac.');
  await page.setInputFiles('#file', {name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no sound')});
  await page.waitForSelector('#problem:visible');
  assert.match(await page.textContent('#problem'), /notes\.txt: this browser cannot read it/);
  const folder = scratch(test), coded = join(folder, 'coded.qvr');
  assert.equal(await saved(page, '#save-wav', join(folder, 'heard.wav')), 'de-thorsten-03.wav');
  await saved(page, '#save-qvr', coded);
  await page.setInputFiles('#file', coded);
  await page.waitForFunction(() => document.getElementById('state').textContent === 'Playing: coded.qvr.');
  await check();
});

test('a dropped file plays', async () => {
  const {page, check} = await open(browser, server.address);
  await ready(page);
  const dropped = await page.evaluateHandle(async () => {
    const data = new DataTransfer(), response = await fetch('samples/de-thorsten-03.flac');
    data.items.add(new File([await response.blob()], 'dropped.flac'));
    return data;
  });
  await page.dispatchEvent('main', 'dragover', {dataTransfer: dropped});
  assert.equal(await page.isVisible('#drop'), true);
  await page.dispatchEvent('main', 'drop', {dataTransfer: dropped});
  await page.waitForFunction(() => document.getElementById('state').textContent === 'Playing: dropped.flac.');
  assert.equal(await page.isVisible('#drop'), false);
  await check();
});

test('a model that cannot be loaded is told, and nothing can be pressed', async () => {
  const {page} = await open(browser, server.address, {},
      page => page.route('**/*.safetensors', route => route.fulfill({status: 404, body: ''})));
  await page.waitForSelector('#problem:visible');
  assert.match(await page.textContent('#problem'), /speech-16k\.safetensors: 404/);
  for (const id of ['play', 'microphone', 'choose']) assert.equal(await page.isDisabled(`#${id}`), true);
  assert.equal(await page.isHidden('#loading'), true);
  await page.context().close();
});

test('a part of the page that is missing, or that an old browser does not understand, is told', async () => {
  for (const [path, response] of [['**/quaver/lib/codec.js', {status: 404}], ['**/page.js', {contentType: 'text/javascript', body: 'class {'}]]) {
    const {page} = await open(browser, server.address, {}, page => page.route(path, route => route.fulfill(response)));
    await page.waitForSelector('#problem:visible');
    assert.match(await page.textContent('#problem'), /^The page could not be loaded: ./);
    assert.equal(await page.isHidden('#loading'), true);
    await page.context().close();
  }
});

test('a sound output that does not start is told', async () => {
  const {page, check} = await open(browser, server.address, {},
      page => page.addInitScript(() => { AudioContext.prototype.resume = () => new Promise(() => {}); }));
  await ready(page);
  await page.click('#play');
  await page.waitForSelector('#problem:visible');
  assert.match(await page.textContent('#problem'), /output does not start.*loudspeaker/);
  assert.match(await page.textContent('#state'), /^Play a sample/);
  await check();
});

test('a microphone that is not allowed gets a clear word, and samples play still', async () => {
  const {page, check} = await open(browser, server.address);
  await ready(page);
  await page.click('#microphone');
  await page.waitForSelector('#problem:visible');
  assert.match(await page.textContent('#problem'), /The microphone was not allowed|There is no microphone/);
  await page.click('#play');
  await until(page, 'rate', 0.1);
  assert.equal(await page.isHidden('#problem'), true);
  await check();
});

test('a browser without SIMD gets a clear word and loads no model', {skip: process.arch === 'x64' ? false : 'there is no way to take SIMD away'}, async () => {
  // What an old processor lacks.
  const own = await serve(), old = await launch('--js-flags=--no-enable-sse4-1 --no-enable-ssse3');
  const {page, check} = await open(old, own.address);
  await page.waitForSelector('#problem:visible');
  assert.match(await page.textContent('#problem'), /SIMD.*Chrome and Edge.*Firefox.*Safari/);
  assert.equal(await page.isDisabled('#play'), true);
  assert.deepEqual(own.asked.filter(path => path.endsWith('.safetensors')), []);
  await page.goto(`${own.address}listen.html`);
  await page.waitForFunction(() => document.getElementById('about').textContent.includes('SIMD'));
  assert.deepEqual(own.asked.filter(path => path.endsWith('.safetensors')), []);
  await check();
  await old.close();
  own.close();
});

test('nothing can be sent elsewhere: the policy forbids it', async () => {
  const other = await serve();
  for (const file of ['', 'listen.html']) {
    const {page} = await open(browser, server.address + file);
    const outcome = await page.evaluate(async address => {
      const image = new Image(), shown = new Promise(resolve => { image.onload = image.onerror = event => resolve(event.type); });
      image.src = `${address}icon.svg`;
      return [await fetch(address).then(() => 'sent', () => 'refused'), await shown, typeof globalThis.violations];
    }, other.address);
    assert.deepEqual(outcome, ['refused', 'error', 'object']);
    assert.ok((await page.evaluate(() => globalThis.violations)).length >= 2);
    await page.context().close();
  }
  assert.deepEqual(other.asked, []);
  other.close();
});
