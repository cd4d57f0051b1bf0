// A browser and a server for the tests of the page. The environment, which apps/web/check sets, says where things are:
//   QUAVER_DEMO        the folder that apps/web/assemble made
//   QUAVER_PLAYWRIGHT  a node_modules folder with playwright-core
//   QUAVER_CHROMIUM    the browser
//   QUAVER_PROGRAM     the program quaver
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {createReadStream, mkdtempSync, rmSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {extname, join, normalize} from 'node:path';
import {pathToFileURL} from 'node:url';

const {QUAVER_DEMO, QUAVER_PLAYWRIGHT, QUAVER_CHROMIUM, QUAVER_PROGRAM} = process.env;
const {chromium} = await import(pathToFileURL(join(QUAVER_PLAYWRIGHT, 'playwright-core', 'index.mjs')).href);
export const demo = QUAVER_DEMO;

const TYPES = {'.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm'};

/** Serves a folder as `python3 -m http.server` does: without a header that would help. */
export async function serve(folder = QUAVER_DEMO) {
  const asked = [];
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname)).replace(/\/$/, '/index.html');
    asked.push(path);
    createReadStream(join(folder, path))
        .on('error', () => response.writeHead(404).end())
        .once('open', () => response.writeHead(200, {'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream'}))
        .pipe(response);
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  server.unref();  // a test that failed does not keep Node waiting
  return {address: `http://127.0.0.1:${server.address().port}/`, asked, close: () => server.close()};
}

/** @param {string[]} switches of Chromium */
export const launch = (...switches) => chromium.launch({executablePath: QUAVER_CHROMIUM, args: [
  '--no-sandbox', '--autoplay-policy=no-user-gesture-required', ...switches]});

/**
 * A page that keeps account of what must not happen.
 * @returns {Promise<{page: object, check: () => Promise<void>}>} check: fails if something did
 */
export async function open(browser, address, options = {}, prepare = async () => {}) {
  const context = await browser.newContext({acceptDownloads: true, viewport: {width: 1000, height: 900}, ...options});
  const page = await context.newPage(), wrong = [];
  page.setDefaultTimeout(120000);  // a busy machine
  context.on('request', request => {
    const {origin, protocol} = new URL(request.url());
    if (origin !== new URL(address).origin && protocol !== 'blob:') wrong.push(`request: ${request.url().slice(0, 200)}`);
  });
  page.on('pageerror', error => wrong.push(`error: ${error.stack}`));
  page.on('console', message => {
    const missing = message.location().url.includes('/opus/');  // a page without Opus asks for it and goes on
    if (message.type() === 'error' && !missing) wrong.push(`console: ${message.text()}`);
  });
  await page.addInitScript(() => {
    globalThis.violations = [];
    document.addEventListener('securitypolicyviolation', event => globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await prepare(page);
  await page.goto(address);
  return {page, async check() {
    assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
    assert.deepEqual(wrong, []);
    await context.close();
  }};
}

export const ready = page => page.waitForSelector('body[data-ready]');

/** A number that the page shows. */
export const figure = (page, id) => page.$eval(`#${id}`, element => parseFloat(element.textContent));

/** Waits until a number that the page shows is as wanted; the test times out if that does not happen. */
export const until = (page, id, low, high = Infinity) => page.waitForFunction(([name, least, most]) => {
  const value = parseFloat(document.getElementById(name).textContent);
  return value >= least && value <= most;
}, [id, low, high]);

/** Presses a button and takes the file that it saves. */
export async function saved(page, selector, path) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(selector)]);
  await download.saveAs(path);
  return download.suggestedFilename();
}

/** The program quaver. */
export const quaver = (...given) => execFileSync(QUAVER_PROGRAM, given, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});
export const program = QUAVER_PROGRAM;

export function scratch(test) {
  const folder = mkdtempSync(join(tmpdir(), 'quaver-page-'));
  test.after(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}
