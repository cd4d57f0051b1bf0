// The conformance vectors and the worker in Chromium, and what only a browser has: fetched weights, kept in its Cache. The page
// runs by itself and posts what it found.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { test } from 'node:test';
import { Quaver, conformance, folder, sound, speech } from './common.mjs';

const browser = process.env.QUAVER_CHROMIUM ?? 'chromium';
const there = spawnSync(browser, ['--version']).status === 0;

const types = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };
const bytesOf = (samples) => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);

test('conformance, worker and cache in Chromium', { skip: there ? false : 'there is no chromium' }, async () => {
  const profile = mkdtempSync(join(tmpdir(), 'quaver-chromium-'));
  const asked = [];
  const files = (path) => {
    if (path === '/') return Buffer.from('<!doctype html><script type="module" src="/browser_page.mjs"></script>');
    if (path === '/browser_page.mjs') return readFileSync(new URL('browser_page.mjs', import.meta.url));
    if (path === '/speech.raw') return bytesOf(speech());
    if (path.startsWith('/conformance/')) {
      const name = path.slice('/conformance/'.length);
      return name.endsWith('.raw') ? bytesOf(sound(join(conformance, name.replace('.raw', '.flac')))) : readFileSync(join(conformance, name));
    }
    return readFileSync(join(folder, path.slice(1)));
  };
  let process_;
  let server;
  try {
    const found = await new Promise((resolve, reject) => {
      server = createServer((request, response) => {
        if (request.method === 'POST') {
          let text = '';
          request.on('data', (part) => (text += part)).on('end', () => {
            response.end();
            resolve(JSON.parse(text));
          });
          return;
        }
        asked.push(request.url);
        try {
          const body = files(request.url);
          response.writeHead(200, {
            'content-length': body.length,
            'content-type': types[extname(request.url)] ?? (request.url === '/' ? 'text/html' : 'application/octet-stream'),
            'content-security-policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'",
          });
          response.end(body);
        } catch {
          response.writeHead(404).end();
        }
      });
      server.listen(0, '127.0.0.1', () => {
        process_ = spawn(browser, ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
          `--user-data-dir=${profile}`, `http://127.0.0.1:${server.address().port}/`], { stdio: 'ignore', detached: true });
        process_.on('error', reject);
        process_.on('exit', (code) => reject(new Error(`chromium ended with ${code}`)));
      });
    });
    assert.equal(found.error, undefined, found.error);
    assert.deepEqual(found.failures, []);
    assert.ok(found.sound < 1e-3);
    assert.ok(found.share >= 0.999, `${found.share} of the tokens`);
    assert.equal(found.progress, true);
    assert.equal(asked.filter((path) => path === '/speech-16k.safetensors').length, found.fetches);
    // The same bytes as in Node.
    const codec = await Quaver.load();
    assert.deepEqual(found.file, Array.from(codec.encode(speech())));
    console.log(`Chromium: encode ${found.encode.toFixed(1)} x real time, decode ${found.decode.toFixed(1)}`);
  } finally {
    server?.close();
    server?.closeAllConnections();
    if (process_?.pid) {
      process_.removeAllListeners('exit');
      const ended = new Promise((resolve) => process_.once('exit', resolve));
      process.kill(-process_.pid);
      await ended;
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
});
