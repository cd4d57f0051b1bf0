// Who sees little, or uses a keyboard or a screen reader: WCAG 2.2 AA, as far as a program can tell.
import assert from 'node:assert/strict';
import {join} from 'node:path';
import test from 'node:test';

import {launch, open, ready, serve, until} from './browser.mjs';

const server = await serve(), browser = await launch();
test.after(async () => {
  await browser.close();
  server.close();
});

/** Begins the listening test, which is there. */
async function beginListening(page) {
  await page.click('#begin');
  await page.waitForFunction(() => document.getElementById('hint').textContent.startsWith('Not rated'));
}

/**
 * What is too faint: text below 4.5 to 1 (WCAG 1.4.3), borders of controls and the ring of the focus below 3 to 1 (1.4.11). What
 * is disabled may be faint.
 */
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
  const contrast = (one, other) => {
    const [a, b] = [one, other].map(luminance);
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return parse('Canvas');
  };
  const found = [], accent = parse(getComputedStyle(document.documentElement).getPropertyValue('--accent'));
  const note = (what, value, least) => value < least && found.push(`${what.slice(0, 40)}: ${value.toFixed(2)}`);
  for (const element of document.querySelectorAll('body *')) {
    if (!element.checkVisibility() || element.matches(':disabled, :disabled + span')) continue;
    const style = getComputedStyle(element), around = behind(element.parentElement);
    const text = [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim()).join('');
    if (text) note(text, contrast(parse(style.color), behind(element)), 4.5);
    if (element.matches('button, select, .button, .listen span, input:not([type=range], [type=checkbox], [type=radio])')) {
      note(`border of ${text || element.id}`, Math.max(contrast(parse(style.borderTopColor), around), contrast(behind(element), around)), 3);
    }
    if (element.matches('button, select, input, a')) note(`focus of ${text || element.id}`, contrast(accent, around), 3);
  }
  return found;
});

for (const colorScheme of ['light', 'dark']) {
  test(`all can be read, and nothing sticks out, at all widths (${colorScheme})`, async () => {
    for (const width of [320, 360, 800, 1400]) {
      const {page, check} = await open(browser, server.address, {colorScheme, viewport: {width, height: 800}});
      const look = async () => {
        assert.deepEqual(await tooFaint(page), []);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      };
      await ready(page);
      await page.evaluate(() => { document.getElementById('problem').hidden = false; });
      await look();
      await page.goto(`${server.address}listen.html`);
      await page.waitForSelector('#begin:enabled');
      await look();
      await beginListening(page);
      await page.keyboard.press('2');
      await look();
      await check();
    }
  });
}

/** Controls that can be used now. Of radio buttons, Tab reaches the chosen one. */
const CONTROLS = 'button:enabled, select, a[href], input:enabled:not([hidden], [type=radio]:not(:checked))';
const controlsOf = page => page.$$eval(CONTROLS, all => all.filter(one => one.checkVisibility())
    .map((one, i) => one.dataset.number = `${i}`));

/** Whether Tab reaches all controls, and each shows that it has the focus. */
async function tabThrough(page) {
  const wanted = new Set(await controlsOf(page));
  await page.evaluate(() => document.activeElement.blur());
  for (let i = wanted.size + 5; i > 0; i--) {
    await page.keyboard.press('Tab');
    const [number, shown] = await page.evaluate(() => {
      const element = document.activeElement, style = one => one ? getComputedStyle(one).outlineStyle : 'none';
      return [element.dataset.number, style(element) !== 'none' || style(element.nextElementSibling) !== 'none'];
    });
    if (number !== undefined) assert.equal(shown, true, `control ${number} hides that it has the focus`);
    wanted.delete(number);
  }
  assert.deepEqual([...wanted], []);
}

/** Controls, pictures and meters without a name for a screen reader. */
const nameless = page => page.$$eval('button, input:not([hidden]), select, canvas, a, progress, [role=meter]', elements => elements
    .filter(one => one.checkVisibility() && !(one.getAttribute('aria-label') || one.labels?.[0]?.textContent.trim() ||
        (one.matches('button, a') && one.textContent.trim())))
    .map(one => one.outerHTML.slice(0, 80)));

test('every control of the page has a name and works by the keyboard', async () => {
  const {page, check} = await open(browser, server.address);
  await ready(page);
  assert.deepEqual(await nameless(page), []);
  await tabThrough(page);
  const press = async (selector, key) => {
    await page.focus(selector);
    await page.keyboard.press(key);
  };
  const state = words => page.waitForFunction(begin => document.getElementById('state').textContent.startsWith(begin), words);

  await press('#sample', 'ArrowDown');
  assert.equal(await page.$eval('#sample', list => list.selectedIndex), 1);
  await press('#play', 'Enter');
  await state('Playing');
  await until(page, 'rate', 0.1);
  await tabThrough(page);
  await press('#pause', ' ');
  await state('Paused');
  await press('#pause', 'Enter');
  await state('Playing');
  await press('#repeat', ' ');
  assert.equal(await page.isChecked('#repeat'), false);
  await page.keyboard.press(' ');
  for (const [id, key] of [['volume', 'ArrowLeft'], ['bitrate', 'ArrowRight'], ['loss', 'ArrowRight'], ['burst', 'ArrowRight']]) {
    const before = await page.getAttribute(`#${id}`, 'aria-valuetext');
    await press(`#${id}`, key);
    assert.notEqual(await page.getAttribute(`#${id}`, 'aria-valuetext'), before, id);
    if (id !== 'volume') assert.equal(await page.textContent(`#${id}-text`), await page.getAttribute(`#${id}`, 'aria-valuetext'));
  }
  await press('input[value=quaver]', 'ArrowLeft');
  assert.equal(await page.isChecked('input[value=original]'), true);
  await page.waitForTimeout(200);
  for (const kind of ['qvr', 'npy', 'wav']) {
    const [download] = await Promise.all([page.waitForEvent('download'), press(`#save-${kind}`, 'Enter')]);
    assert.match(download.suggestedFilename(), new RegExp(`\\.${kind}$`));
    await page.waitForSelector(`#save-${kind}:enabled`);
  }
  await Promise.all([page.waitForEvent('filechooser'), press('#choose', 'Enter')]);
  await press('#stop', 'Enter');
  await state('Play a sample');
  await press('#microphone', 'Enter');
  await page.waitForSelector('#problem:visible');  // it is not allowed
  await Promise.all([page.waitForURL('**/listen.html'), press('a.button', 'Enter')]);
  await check();
});

test('the listening test works by the keyboard alone', async () => {
  const {page, check} = await open(browser, `${server.address}listen.html`);
  await page.waitForSelector('#begin:enabled');
  assert.deepEqual(await nameless(page), []);
  await tabThrough(page);
  await page.focus('#begin');
  await page.keyboard.press('Enter');
  const clip = number => page.waitForFunction(begin => document.getElementById('number').textContent.startsWith(begin) &&
      document.getElementById('hint').textContent.startsWith('Not rated'), `${number} `);
  await clip(1);
  assert.deepEqual(await nameless(page), []);
  await tabThrough(page);
  // What has the focus keeps its own keys; the shortcuts are for all others.
  const focused = async (selector, key) => {
    await page.focus(selector);
    await page.keyboard.press(key);
  };
  await focused('#play', ' ');
  await page.waitForFunction(() => document.getElementById('play').textContent === 'Pause');
  await focused('#loop', ' ');
  assert.equal(await page.isChecked('#loop'), false);
  await focused('#from', 'ArrowRight');
  assert.equal(await page.inputValue('#from'), '1');
  await focused('.signal button >> nth=2', 'Enter');
  assert.equal(await page.getAttribute('.signal button >> nth=2', 'aria-pressed'), 'true');
  await focused('.signal input >> nth=0', 'ArrowUp');
  assert.equal(await page.textContent('.signal output >> nth=0'), '51');
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('2');
  assert.equal(await page.getAttribute('.signal button >> nth=1', 'aria-pressed'), 'true');
  await page.keyboard.press('Shift+ArrowDown');
  assert.equal(await page.textContent('.signal output >> nth=1'), '40');
  const count = await page.$$eval('.signal', signals => signals.length);
  for (let i = 2; i < count; i++) await focused(`.signal input >> nth=${i}`, 'End');
  await focused('#next', 'Enter');
  await clip(2);
  await focused('#previous', 'Enter');
  await page.waitForFunction(() => document.getElementById('number').textContent.startsWith('1 '));
  // A mouse leaves the focus nowhere: keys are for the whole page again.
  await page.click('.signal button >> nth=0');
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.getAttribute('.signal button >> nth=1', 'aria-pressed'), 'true');
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('Enter');
  await clip(2);
  await check();
});
