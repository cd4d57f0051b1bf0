// The package: what it holds, its size, its types.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { Quaver, folder, read, source, withFolder } from './common.mjs';

const facts = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

test('sizes', () => {
  assert.ok(gzipSync(read(folder, 'quaver.wasm'), { level: 9 }).length < 400_000);
  assert.ok(read(folder, 'speech-16k.safetensors').length <= 8_000_000);
});

test('the version is the project\'s', async () => {
  const version = /project\(quaver VERSION ([0-9.]+)/.exec(readFileSync(join(source, 'CMakeLists.txt'), 'utf8'))[1];
  assert.equal(facts.version, version);
  assert.equal((await Quaver.load()).version, version);
});

test('npm packs all of it', { skip: spawnSync('npm', ['--version']).status === 0 ? false : 'there is no npm' }, () => {
  withFolder((cache) => {
    const env = { ...process.env, npm_config_cache: cache, npm_config_offline: 'true', npm_config_update_notifier: 'false' };
    const [{ files }] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] }));
    const packed = files.map(({ path }) => path);
    const lib = readdirSync(join(source, 'bindings/web/lib')).map((name) => `lib/${name}`);
    for (const name of [...facts.files, ...lib, 'lib/default_model.js', 'package.json', 'README.md', 'LICENSE', 'NOTICE'])
      assert.ok(packed.some((path) => path === name || path.startsWith(`${name}/`)), name);
  });
});

test('it is found by its name, in a module of another folder', () => {
  withFolder((path) => {
    mkdirSync(join(path, 'node_modules'));
    symlinkSync(folder, join(path, 'node_modules/quaver'));
    writeFileSync(join(path, 'main.mjs'), `
      import { Quaver, QuaverWorker } from 'quaver';
      const codec = await Quaver.load();
      const worker = await QuaverWorker.load();
      console.log(codec.identity === worker.identity && codec.metadata.identity === codec.identity);
      await worker.free();`);
    assert.equal(execFileSync(process.execPath, [join(path, 'main.mjs')], { encoding: 'utf8' }).trim(), 'true');
  });
});

// Vite, for example, makes classic scripts of workers.
test('no module awaits at its top', () => {
  for (const name of ['quaver-worker.js', ...readdirSync(join(folder, 'lib')).map((name) => `lib/${name}`)]) {
    const text = readFileSync(join(folder, name), 'utf8').replace(/^import .*$/gm, '').replace(/^export /gm, '').replace(/import\.meta/g, 'meta');
    new Script(text, { filename: name });
  }
});

const x86 = process.arch === 'x64' ? false : 'there is no way to take SIMD away';
test('without SIMD it says so', { skip: x86 }, () => {
  const script = `import('${pathToFileURL(join(folder, 'quaver.js')).href}').then(({ Quaver }) => Quaver.load()).catch((error) => console.log(error.code, error.message));`;
  const out = execFileSync(process.execPath, ['--no-enable-sse4-1', '--no-enable-ssse3', '-e', script], { encoding: 'utf8' });
  assert.match(out, /^unsupported .*SIMD/);
});

// A global without fetch(), URL, TextDecoder and process, as an AudioWorklet has: bytes and a module are handed over.
test('bytes and a compiled module suffice', async () => {
  const wasm = await WebAssembly.compile(read(folder, 'quaver.wasm'));
  const weights = read(folder, 'speech-16k.safetensors');
  const kept = {};
  for (const name of ['fetch', 'URL', 'TextDecoder', 'process', 'caches']) {
    kept[name] = Object.getOwnPropertyDescriptor(globalThis, name);
    if (kept[name]) Object.defineProperty(globalThis, name, { value: undefined, configurable: true, writable: true });
  }
  try {
    const codec = await Quaver.load({ wasm, weights });
    assert.equal(codec.metadata.identity, codec.identity);
    const encoder = codec.encoder();
    assert.equal(codec.decoder({ format: encoder.format }).push(encoder.push(new Float32Array(320))[0]).length, 320);
    assert.throws(() => codec.encoder({ tokens: 99 }), /99/);
    for (const options of [{ wasm }, { weights }, { wasm, weights: 'speech-16k.safetensors' }])
      await assert.rejects(Quaver.load(options), { code: 'network', message: /hand over the bytes/ });
  } finally {
    for (const [name, descriptor] of Object.entries(kept)) if (descriptor) Object.defineProperty(globalThis, name, descriptor);
  }
});

const compiler = [process.env.QUAVER_TSC, '/usr/bin/tsc'].find((path) => path && existsSync(path));
test('the types are right', { skip: compiler ? false : 'there is no TypeScript (QUAVER_TSC, or Debian\'s node-typescript)' }, () => {
  withFolder((path) => {
    mkdirSync(join(path, 'node_modules'));
    symlinkSync(folder, join(path, 'node_modules/quaver'));
    writeFileSync(join(path, 'use.mts'), `
      import { Quaver, QuaverError, QuaverWorker, type Format, type Tokens } from 'quaver';
      const codec: Quaver = await Quaver.load({ progress: (loaded, total) => loaded / (total ?? 1) });
      const encoder = codec.encoder({ bitrate: 3000 });
      const format: Format = encoder.format;
      const sound: Float32Array = codec.decoder({ format, skip: codec.delay }).push(encoder.push(new Float32Array(320))[0] ?? null);
      const tokens: Tokens = codec.tokenize(sound);
      const worker = await QuaverWorker.load();
      const remote = await worker.encoder({ tokens: 6 });
      const packets: Uint8Array[] = await remote.push(sound);
      const again: Float32Array = await worker.detokenize(tokens);
      // @ts-expect-error
      codec.encoder({ effort: 3 });
      // @ts-expect-error
      new Quaver();
      console.log(new QuaverError('packet', 'x').code, packets, again);`);
    execFileSync(compiler, ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom',
      join(path, 'use.mts')], { stdio: 'inherit' });
  });
});

test('the document of the types names everything that is there', async () => {
  const types = readFileSync(join(folder, 'quaver.d.ts'), 'utf8');
  const { Encoder, Decoder, QuaverWorker } = await import(join(folder, 'quaver.js'));
  for (const type of [Quaver, Encoder, Decoder, QuaverWorker]) {
    assert.match(types, new RegExp(`export class ${type.name} `));
    for (const name of Object.getOwnPropertyNames(type.prototype))
      if (!name.startsWith('_') && name !== 'constructor') assert.match(types, new RegExp(`\\b${name}\\b`), `${type.name}.${name}`);
  }
});
