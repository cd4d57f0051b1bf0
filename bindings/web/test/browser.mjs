// Runs a script of pages/ in Chromium, or in the browser that QUAVER_CHROMIUM names, which may be a Firefox: what it posts is the
// answer.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { conformance, folder, sound, speech } from './common.mjs';

const browser = process.env.QUAVER_CHROMIUM ?? 'chromium';
export const skip = spawnSync(browser, ['--version']).status === 0 ? false : 'there is no chromium';

const optionsOf = (profile, address) => /firefox/.test(browser) ? ['--headless', '--no-remote', '--profile', profile, address] : [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', `--user-data-dir=${profile}`, address];

const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'";
const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
const bytesOf = (samples) => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);

// What the server has: the package, pages/, the vectors, and some speech as floats.
function fileAt(path) {
  if (path.startsWith('/pages/')) return readFileSync(new URL(`.${path}`, import.meta.url));
  if (path === '/speech.raw') return bytesOf(speech());
  if (path.startsWith('/conformance/')) {
    const name = path.slice('/conformance/'.length);
    return name.endsWith('.raw') ? bytesOf(sound(join(conformance, name.replace('.raw', '.flac')))) : readFileSync(join(conformance, name));
  }
  return readFileSync(join(folder, path.slice(1)));
}

// Ways of a server that is not as it should be, before the path of a file: /once/ sends it once, /cut/ sends half of it,
// /plain/ says that it is text.
function send(request, response, asked) {
  const [, way, path] = /^(?:\/(once|cut|plain))?(\/.*)$/.exec(request.url);
  try {
    if (way === 'once' && asked.filter((url) => url === request.url).length > 1) throw new Error('only once');
    const body = fileAt(path);
    const type = way === 'plain' ? 'text/plain' : TYPES[extname(path)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-length': body.length, 'content-type': type, 'content-security-policy': POLICY });
    if (way === 'cut') response.write(body.subarray(0, body.length / 2), () => response.destroy());
    else response.end(body);
  } catch {
    response.writeHead(404).end();
  }
}

// {answer, asked}: what the script found, and the paths that were asked for.
export async function inBrowser(script) {
  const profile = mkdtempSync(join(tmpdir(), 'quaver-chromium-'));
  const asked = [];
  let program;
  let server;
  try {
    const answer = await new Promise((resolve, reject) => {
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
        if (request.url !== '/') return send(request, response, asked);
        response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': POLICY });
        response.end(`<!doctype html><script type="module" src="/pages/${script}.mjs"></script>`);
      });
      server.listen(0, '127.0.0.1', () => {
        const address = `http://127.0.0.1:${server.address().port}/`;
        program = spawn(browser, optionsOf(profile, address), { stdio: 'ignore', detached: true });
        program.on('error', reject);
        program.on('exit', (code) => reject(new Error(`${browser} ended with ${code}`)));
      });
    });
    return { answer, asked };
  } finally {
    server?.close();
    server?.closeAllConnections();
    if (program?.pid) {
      program.removeAllListeners('exit');
      const ended = new Promise((resolve) => program.once('exit', resolve));
      process.kill(-program.pid);
      await ended;
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
