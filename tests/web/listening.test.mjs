// The blind listening test in Chromium.
import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import test from 'node:test';

import {demo, launch, open, saved, scratch, serve} from './browser.mjs';

const server = await serve(), browser = await launch();
test.after(async () => {
  await browser.close();
  server.close();
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
