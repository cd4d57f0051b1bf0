// The streams of streams.js in Chromium, headless. Times are those of the clock: a page is not told its CPU time.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };

// folder: of the package; sound: bytes; npm: a folder with node_modules; browser: its program.
// Gives {round, close}: round() gives [name, times] of each stream.
export async function startChromium({ folder, sound, npm, browser }) {
  const { chromium } = await import(pathToFileURL(join(npm, 'node_modules/playwright-core/index.mjs')).href);
  const roots = { quaver: folder, opus: join(npm, 'node_modules/libopus-wasm/dist'), bench: fileURLToPath(new URL('.', import.meta.url)) };
  const server = createServer(({ url }, response) => {
    const [, root, path] = /^\/(\w*)\/?(.*)$/.exec(url);
    if (path && !(root in roots)) return response.writeHead(404).end(); // the icon
    // These headers make the page's clock as fine as it can be, 5 microseconds.
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? (path ? 'application/octet-stream' : 'text/html'),
      'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' });
    response.end(path === 'sound' ? sound : path ? readFileSync(join(roots[root], path)) : '<!doctype html><title>Speed</title>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const program = await chromium.launch({ executablePath: browser, args: ['--no-sandbox'] });
  const page = await program.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.evaluate(async () => {
    const [{ Quaver }, streams, opus] = await Promise.all(
      ['/quaver/quaver.js', '/bench/streams.js', '/opus/index.js'].map((path) => import(path)));
    const codec = await Quaver.load();
    const sound = new Float32Array(await (await fetch('/bench/sound')).arrayBuffer());
    const now = () => performance.now();
    globalThis.round = async () => [
      ['Quaver, Chromium', streams.quaverStream(codec, sound, now)],
      ['Opus 12 kbit/s (libopus-wasm), Chromium', await streams.opusStream(opus, sound, now)],
    ];
  });
  return {
    version: program.version(),
    round: () => page.evaluate(() => globalThis.round()),
    close: async () => {
      await program.close();
      server.close();
    },
  };
}
