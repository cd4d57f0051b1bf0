import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Quaver, QuaverError, QuaverWorker, folder, speech } from './common.mjs';

const sound = speech().subarray(0, 16000);

test('a worker does the same', async () => {
  const codec = await Quaver.load();
  const loaded = [];
  const worker = await QuaverWorker.load({ progress: (...facts) => loaded.push(facts) });
  assert.ok(loaded.length > 0 && loaded.at(-1)[0] === loaded.at(-1)[1]);
  for (const fact of ['version', 'identity', 'sampleRate', 'frameSamples', 'groups', 'codes', 'delay', 'runIn'])
    assert.equal(worker[fact], codec[fact]);
  assert.deepEqual(worker.metadata, codec.metadata);
  assert.equal(await worker.tokensForBitrate(3000), codec.tokensForBitrate(3000));
  assert.deepEqual(await worker.encode(sound), codec.encode(sound));
  assert.deepEqual(await worker.decode(codec.encode(sound)), codec.decode(codec.encode(sound)));
  assert.deepEqual(await worker.detokenize(await worker.tokenize(sound, 5)), codec.detokenize(codec.tokenize(sound, 5)));

  const [encoder, twin] = [await worker.encoder({ tokens: 6 }), codec.encoder({ tokens: 6 })];
  assert.deepEqual(encoder.format, twin.format);
  const packets = await encoder.push(sound);
  assert.deepEqual(packets, twin.push(sound));
  const decoder = await worker.decoder({ format: encoder.format });
  const other = codec.decoder({ format: encoder.format });
  for (const packet of packets.slice(0, 5)) assert.deepEqual(await decoder.push(packet), other.push(packet));
  assert.deepEqual(await decoder.push(null), other.push(null));
  assert.deepEqual(await decoder.decodeFrame(packets[7]), other.decodeFrame(packets[7]));

  for (const [call, code] of [[() => decoder.push(new Uint8Array(0)), 'packet'], [() => worker.encoder({ tokens: 99 }), 'argument']])
    await assert.rejects(call, (error) => error instanceof QuaverError && error.code === code);
  await decoder.free();
  await decoder.free();
  await assert.rejects(decoder.push(packets[0]), { code: 'state' });
  await worker.free();
  await assert.rejects(worker.encode(sound), { code: 'state' });
  for (const one of [encoder, decoder, worker]) await one.free();
});

test('a worker that nobody frees keeps Node no longer than its calls', () => {
  const module = pathToFileURL(join(folder, 'quaver.js')).href;
  const script = `
    const { QuaverWorker } = await import('${module}');
    const worker = await QuaverWorker.load();
    (await worker.encoder()).push(new Float32Array(16000)).then((packets) => console.log(packets.length));`;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 120000 });
  assert.equal(out.trim(), '50');
});

test('what cannot be loaded ends the worker', async () => {
  await assert.rejects(QuaverWorker.load({ progress: 3 }), { code: 'argument' });
  await assert.rejects(QuaverWorker.load({ weights: new Uint8Array(100) }), { code: 'model' });
  await assert.rejects(QuaverWorker.load({ weights: '/no/such.safetensors' }), { code: 'network' });
});
