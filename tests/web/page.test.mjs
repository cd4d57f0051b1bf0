// The page in Chromium.
import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
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

test('a browser without SIMD gets a clear word and loads no model', async () => {
  const own = await serve();
  const {page, check} = await open(browser, own.address, {}, page => page.addInitScript(() => { WebAssembly.validate = () => false; }));
  await page.waitForSelector('#problem:visible');
  assert.match(await page.textContent('#problem'), /SIMD.*Chrome and Edge.*Firefox.*Safari/);
  assert.equal(await page.isDisabled('#play'), true);
  assert.deepEqual(own.asked.filter(path => path.endsWith('.safetensors')), []);
  await check();
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

/** Text whose contrast with what is behind it is too low for WCAG AA. */
const tooFaint = page => page.evaluate(() => {
  const parse = colour => {
    const painter = new OffscreenCanvas(1, 1).getContext('2d');
    painter.fillStyle = colour;
    painter.fillRect(0, 0, 1, 1);
    return [...painter.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([red, green, blue]) => [red, green, blue].map(value => value / 255)
      .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
      .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim()).join('');
    if (!text || !element.checkVisibility() || element.matches(':disabled, :disabled + span')) continue;
    const [a, b] = [parse(getComputedStyle(element).color), behind(element)].map(luminance);
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.push(`${text.slice(0, 40)}: ${contrast.toFixed(2)}`);
  }
  return found;
});

for (const colorScheme of ['light', 'dark']) {
  test(`text can be read, and nothing sticks out, at three widths (${colorScheme})`, async () => {
    for (const width of [360, 800, 1400]) {
      const {page, check} = await open(browser, server.address, {colorScheme, viewport: {width, height: 800}});
      await ready(page);
      assert.deepEqual(await tooFaint(page), []);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      await page.goto(`${server.address}listen.html`);
      assert.deepEqual(await tooFaint(page), []);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      await check();
    }
  });
}

test('every control has a name and is reached by the keyboard', async () => {
  const {page, check} = await open(browser, server.address);
  await ready(page);
  const nameless = await page.$$eval('button, input:not([hidden]), select, canvas, a, progress, [role=meter]', elements => elements
      .filter(one => one.checkVisibility() && !(one.getAttribute('aria-label') || one.labels?.[0]?.textContent.trim() ||
          (one.matches('button, a') && one.textContent.trim())))
      .map(one => one.outerHTML.slice(0, 80)));
  assert.deepEqual(nameless, []);
  const wanted = new Set(['sample', 'play', 'microphone', 'choose', 'repeat', 'volume', 'quaver', 'bitrate', 'loss', 'burst']);
  for (let i = 0; i < 25; i++) {
    await page.keyboard.press('Tab');
    const {id, value} = await page.evaluate(() => ({id: document.activeElement.id, value: document.activeElement.value}));
    wanted.delete(id || value);
    if (id === 'bitrate') {
      const before = await page.textContent('#bitrate-text');
      await page.keyboard.press('ArrowRight');
      assert.notEqual(await page.textContent('#bitrate-text'), before);
      assert.equal(await page.getAttribute('#bitrate', 'aria-valuetext'), await page.textContent('#bitrate-text'));
    }
  }
  assert.deepEqual([...wanted], []);
  await page.focus('#play');
  await page.keyboard.press('Enter');
  await until(page, 'rate', 0.1);
  await page.focus('input[value=quaver]');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await page.isChecked('input[value=original]'), true);
  await check();
});

test('the blind test hides the original among the codecs and saves ratings', async test => {
  const {page, check} = await open(browser, `${server.address}listen.html`);
  await page.waitForSelector('#begin:enabled', {timeout: 300000});
  await page.fill('#listener', 'Ada');
  await page.click('#begin');
  const clips = readdirSync(join(demo, 'samples')).filter(name => name.endsWith('.flac')).length;
  for (let clip = 0; clip < clips; clip++) {
    await page.waitForFunction(number => document.getElementById('number').textContent.startsWith(`${number} `), clip + 1);
    await page.waitForFunction(() => document.getElementById('hint').textContent.startsWith('Not rated'));
    if (clip === 0) assert.doesNotMatch(await page.textContent('#trial'), /quaver|opus|hidden/i);
    await page.$$eval('.signal input', sliders => sliders.forEach((slider, i) => {
      slider.value = 100 - i;
      slider.dispatchEvent(new Event('input'));
    }));
    await page.click('#next');
  }
  const path = join(scratch(test), 'ratings.json');
  assert.equal(await saved(page, '#save', path), 'ratings-Ada.json');
  const ratings = JSON.parse(readFileSync(path));
  assert.deepEqual([ratings.format, ratings.version, ratings.clips.length], ['listening-test', 1, clips]);
  for (const {order, ratings: given} of ratings.clips) {
    assert.ok(order.includes('hidden reference') && order.some(name => name.startsWith('Quaver')));
    assert.deepEqual(order.map(name => given[name]), order.map((_, i) => 100 - i));
  }
  assert.ok(new Set(ratings.clips.map(({order}) => order.join())).size > 1, 'the order is the same for all clips');
  await check();
});
