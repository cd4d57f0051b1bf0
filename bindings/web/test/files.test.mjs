// .qvr files travel between this and the program; the sound is the same.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Quaver, floatsOf, largestDifference, program, quaver, read, sampleNames, source, speech, withFolder } from './common.mjs';

const codec = await Quaver.load();
const skip = program ? false : 'QUAVER_PROGRAM is not set';

test('files of the program', { skip }, () => {
  withFolder((folder) => {
    for (const name of sampleNames) {
      const [file, raw] = [join(folder, 'a.qvr'), join(folder, 'a.raw')];
      quaver('encode', '--force', '--quiet', '--tokens', '8', join(source, 'samples', name), '-o', file);
      quaver('decode', '--force', '--quiet', '--raw', '--sample-format', 'f32le', file, '-o', raw);
      const found = codec.decode(read(file));
      assert.deepEqual([found.errors, found.damaged], [[], 0]);
      assert.ok(largestDifference(found.channelData[0], floatsOf(read(raw))) < 1e-4);
    }
  });
});

test('files for the program', { skip }, () => {
  withFolder((folder) => {
    const [file, raw] = [join(folder, 'b.qvr'), join(folder, 'b.raw')];
    writeFileSync(file, codec.encode(speech(), { bitrate: 2000 }));
    quaver('decode', '--force', '--quiet', '--raw', '--sample-format', 'f32le', file, '-o', raw);
    const found = codec.decode(read(file));
    assert.equal(found.samplesDecoded, speech().length);
    assert.ok(largestDifference(found.channelData[0], floatsOf(read(raw))) < 1e-4);
  });
});
