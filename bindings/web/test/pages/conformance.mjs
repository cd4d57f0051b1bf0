import { Quaver, QuaverWorker } from '/quaver.js';
import { bytes, floats, post, same } from './common.mjs';

async function vectors(check, found) {
  const codec = await Quaver.load({ weights: '/conformance/tiny.safetensors', cache: false });
  found.sound = 0;
  for (const [name, format] of [['steady', { frames: 25, tokens: 4 }], ['varied', { frames: 5, tokens: 2 }]]) {
    const array = await bytes(`/conformance/${name}.npy`);
    const data = new Uint16Array(array.slice(10 + array[8] + 256 * array[9]).buffer);
    const lines = new TextDecoder().decode(await bytes(`/conformance/${name}.packets`)).trim().split('\n');
    let frame = 0;
    for (const line of lines) {
      const packet = Uint8Array.from(line.trim().match(/../g), (pair) => parseInt(pair, 16));
      const tokens = codec.unpack(packet, format);
      check(same(tokens.data, data.subarray(frame * 4, (frame + tokens.frames) * 4)), `${name}: tokens of frame ${frame}`);
      check(same(codec.pack(tokens, format), packet), `${name}: packet of frame ${frame}`);
      frame += tokens.frames;
    }
    check(frame * 4 === data.length, `${name}: ${frame} frames`);
    const wanted = await floats(`/conformance/${name}.raw`);
    const { channelData, damaged } = codec.decode(await bytes(`/conformance/${name}.qvr`));
    check(channelData[0].length === wanted.length && damaged === 0, `${name}: file`);
    wanted.forEach((value, i) => (found.sound = Math.max(found.sound, Math.abs(value - channelData[0][i]))));
    if (name === 'steady') {
      const tokens = codec.tokenize(await floats('/conformance/input.raw'));
      found.share = tokens.data.filter((token, i) => token === data[i]).length / data.length;
    }
  }
}

await post(async (check, found) => {
  await vectors(check, found);
  const codec = await Quaver.load();
  const sound = await floats('/speech.raw');
  const start = performance.now();
  const file = codec.encode(sound);
  const middle = performance.now();
  const decoded = codec.decode(file);
  const seconds = sound.length / 16;
  found.encode = seconds / (middle - start);
  found.decode = seconds / (performance.now() - middle);
  found.file = Array.from(file);
  const worker = await QuaverWorker.load();
  check(same(await worker.encode(sound), file), 'worker: encode');
  check(same((await worker.decode(file)).channelData[0], decoded.channelData[0]), 'worker: decode');
  await worker.free();
});
