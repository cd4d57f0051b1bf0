// The listening test of this page: what Quaver and Opus make of the samples, computed here. The page itself is that of
// bench/quality/listen_page.html; its script gets the test as a global TEST.

import {wavFile} from './files.js';
import {openOpus} from './opus.js';
import {SAMPLES} from './samples.js';
import {fetchSound} from './sounds.js';
import {browserProblem} from './support.js';

const RATE = 16000, FRAME = 320;
const WITH_OPUS = [3000, 6000], ALONE = [1500, 3000, 6000];  // bits a second of Quaver

const say = text => { document.getElementById('about').textContent = text; };
const power = samples => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length) + 1e-9;
const title = (codec, bitrate) => `${codec} ${bitrate / 1000} kbit/s`;

function base64(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** All at the level of the first, as bench/quality/listen.py does it; all softer alike if one would be clipped. */
function matched(sounds) {
  const level = power(sounds[0]);
  const gains = sounds.map(sound => level / power(sound));
  const loudest = Math.max(...sounds.map((sound, i) => gains[i] * sound.reduce((most, x) => Math.max(most, Math.abs(x)), 0)));
  const softer = Math.min(1, 0.99 / loudest);
  return sounds.map((sound, i) => base64(wavFile(sound.map(x => x * gains[i] * softer), RATE)));
}

const throughQuaver = async (codec, sound, bitrate) =>
  (await codec.decode(await codec.encode(sound, {bitrate, framesPerPacket: 25}))).channelData[0];

async function throughOpus(sound, bitrate) {
  const opus = await openOpus(bitrate), out = new Float32Array(sound.length + opus.delay + FRAME);
  for (let at = 0; at < sound.length + opus.delay; at += FRAME) {
    const frame = new Float32Array(FRAME);
    frame.set(sound.subarray(at, at + FRAME));
    out.set(opus.code(frame, false).samples, at);
    if (at % (10 * FRAME) === 0) await new Promise(resolve => setTimeout(resolve));  // the page stays awake
  }
  opus.free();
  return out.slice(opus.delay, opus.delay + sound.length);
}

async function make() {
  const problem = browserProblem();
  if (problem) throw new Error(problem);
  say('The codec is being loaded …');
  const {QuaverWorker} = await import('./quaver/quaver.js');
  const codec = await QuaverWorker.load();
  const opus = await openOpus(6000).then(one => (one.free(), true), () => false);
  const systems = [
    ...(opus ? WITH_OPUS : ALONE).map(bitrate => [title('Quaver', bitrate), sound => throughQuaver(codec, sound, bitrate)]),
    ...(opus ? [6000, 12000] : []).map(bitrate => [title('Opus', bitrate), sound => throughOpus(sound, bitrate)]),
  ];
  const clips = [];
  for (const [i, {file}] of SAMPLES.entries()) {
    say(`The clips are being coded: ${i + 1} of ${SAMPLES.length} …`);
    const reference = await fetchSound(`samples/${file}`), sounds = [reference];
    for (const [, through] of systems) sounds.push(await through(reference));
    const [first, ...others] = matched(sounds);
    clips.push({clip: file.replace(/\.[^.]*$/, ''), reference: first, codecs: others});
  }
  await codec.free();
  const titles = systems.map(([name]) => name);
  const about = `${titles.join(', ')}, coded in this browser just now.` + (opus ? '' : ' Opus is not part of this copy of the page.');
  const known = new TextEncoder().encode(JSON.stringify([codec.identity, titles, SAMPLES]));
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', known)).slice(0, 8);
  return {title: 'Listening test: Quaver' + (opus ? ' and Opus' : ''), about, codecs: titles, clips,
    test: [...hash].map(byte => byte.toString(16).padStart(2, '0')).join('')};
}

try {
  document.getElementById('title').textContent = 'Listening test';
  globalThis.TEST = await make();
  await import('./listen_page.js');
} catch (error) {
  say(error.message);
}
