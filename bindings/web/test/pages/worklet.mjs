// As docs/guide/web.md says: bytes and a compiled module go to the worklet.
import { Quaver } from '/quaver.js';
import { bytes, floats, post, same } from './common.mjs';

const LATE = 256; // samples, until the first frame of 320 is there in blocks of 128

await post(async (check) => {
  const context = new OfflineAudioContext(1, 32000, 16000);
  await context.audioWorklet.addModule('/pages/worklet_processor.mjs');
  const node = new AudioWorkletNode(context, 'codec');
  const ready = new Promise((resolve, reject) => {
    node.port.onmessage = ({ data }) => (data === 'ready' ? resolve() : reject(new Error(data)));
    node.port.onmessageerror = () => reject(new Error('the module did not arrive'));
  });
  const weights = await bytes('/speech-16k.safetensors');
  node.port.postMessage({ module: await WebAssembly.compile(await bytes('/quaver.wasm')), weights: weights.buffer });
  await ready;

  const sound = (await floats('/speech.raw')).slice(16000, 48000);
  const buffer = context.createBuffer(1, sound.length, 16000);
  buffer.copyToChannel(sound, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(node).connect(context.destination);
  source.start();
  const rendered = (await context.startRendering()).getChannelData(0);

  const codec = await Quaver.load();
  const encoder = codec.encoder({ tokens: 6 });
  const decoder = codec.decoder({ format: encoder.format });
  const wanted = encoder.push(sound).flatMap((packet) => [...decoder.push(packet)]);
  check(wanted.some((sample) => Math.abs(sample) > 0.01), 'there is no sound');
  check(same(rendered.subarray(LATE), wanted.slice(0, rendered.length - LATE)), 'the worklet gave another sound');
  check(rendered.subarray(0, LATE).every((sample) => sample === 0), 'the worklet began too early');
});
