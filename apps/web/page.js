// The page: what its controls do, and what it shows.

import {LevelMeter} from './meters.js';
import {Player} from './player.js';
import {SAMPLES} from './samples.js';
import {download, FILES, readCoded} from './save.js';
import {fetchSound, readSound} from './sounds.js';
import {Spectrogram} from './spectrogram.js';
import {Statistics} from './statistics.js';
import {TokenPicture} from './tokens.js';

const $ = id => document.getElementById(id);
const NAMES = {original: 'Original', quaver: 'Quaver', opus6: 'Opus 6 kbit/s', opus12: 'Opus 12 kbit/s'};
const FRAME = 0.02;  // seconds

const player = new Player();
const statistics = new Statistics();
let codec = null;      // what the worker told about it
let pictures = null;
let played = null;     // the latest report of the playback
let title = '';        // of what is played
let samples = null;    // of the chosen sound
let total = 0;         // seconds of it
let heard = 'quaver';

const kilobits = bits => (bits / 1000).toFixed(bits < 9950 ? 1 : 0);
const megabytes = bytes => (bytes / 1e6).toFixed(1);
const write = (id, text) => { if ($(id).textContent !== text) $(id).textContent = text; };

function complain(error) {
  $('problem').textContent = error instanceof Error ? error.message : String(error);
  $('problem').hidden = false;
}

/** An action of a control: what goes wrong is shown. */
const action = work => async (...given) => {
  $('problem').hidden = true;
  try {
    await work(...given);
  } catch (error) {
    complain(error);
  }
};

// --- Sources.

async function playSound(sound, name) {
  samples = sound;
  total = sound.length / 16000;
  title = name;
  clear();
  await player.playSound(sound);
}

async function playSample() {
  const {file, title: name} = SAMPLES[$('sample').selectedIndex];
  await playSound(await fetchSound(`samples/${file}`), name);
}

async function playFile(file) {
  if (!file) return;
  const bytes = await file.arrayBuffer();
  await playSound(await (/\.qvr$/i.test(file.name) ? readCoded(bytes) : readSound(bytes, file.name)), file.name);
}

async function speak() {
  const stream = await Player.getMicrophone();
  title = 'Microphone';
  clear();
  await player.playMicrophone(stream);
}

function clear() {
  statistics.reset();
  played = null;
  for (const picture of Object.values(pictures)) picture.clear();
}

// --- Settings.

function setBitrate() {
  const tokens = +$('bitrate').value;
  const text = `${kilobits(codec.rates[tokens - 1])} kbit/s, ${tokens} ${tokens === 1 ? 'token' : 'tokens'} a frame`;
  $('bitrate').setAttribute('aria-valuetext', text);
  write('bitrate-text', text);
  player.set({tokens});
  nameDecoded();
}

function setNetwork() {
  const loss = +$('loss').value, burst = Math.max(+$('burst').value, loss < 100 ? loss / (100 - loss) : 1);
  const texts = {loss: `${loss} %`, burst: `${burst} ${burst === 1 ? 'packet' : 'packets'}`};
  for (const [id, text] of Object.entries(texts)) {
    $(id).setAttribute('aria-valuetext', text);
    write(`${id}-text`, text);
  }
  player.set({loss: loss / 100, burst});
}

function setHeard() {
  heard = document.querySelector('input[name=heard]:checked').value;
  player.hear(heard);
  nameDecoded();
}

/** Beside the original stands what is heard; Quaver, when the original is heard. */
function nameDecoded() {
  const shown = heard === 'original' ? 'quaver' : heard;
  write('decoded-title', shown === 'quaver' ? `Quaver, ${$('bitrate-text').textContent}` : NAMES[shown]);
}

function setVolume() {
  $('volume').setAttribute('aria-valuetext', `${$('volume').value} percent`);
  player.volume = (+$('volume').value / 100) ** 2;
}

// --- What is shown.

function showState() {
  const {state, source} = player, active = state === 'playing' || state === 'paused';
  $('pause').disabled = !active || source === 'microphone';
  write('pause', state === 'paused' ? 'Go on' : 'Pause');
  $('stop').disabled = !active;
  if (active) for (const kind of Object.keys(FILES)) $(`save-${kind}`).disabled = false;
  write('state', {
    starting: 'Starting …',
    playing: source === 'microphone' ? 'The microphone is on. Wear headphones, or the loudspeaker feeds the microphone.' : `Playing: ${title}.`,
    paused: `Paused: ${title}.`,
    stopped: 'Play a sample, speak, or drop a sound file anywhere on this page.',
  }[state]);
}

function showFigures() {
  const rate = statistics.kilobits, one = value => value === null ? '–' : value.toFixed(1);
  write('rate', rate === null ? '–' : rate.toFixed(2));
  write('lost', statistics.packets ? `${(100 * statistics.lost).toFixed(1)} %` : '–');
  write('time', one(statistics.milliseconds(0.5)));
  write('time-parts', statistics.packets ? `1 in 100: over ${one(statistics.milliseconds(0.99))}` : '');
  write('late', statistics.packets ? `${statistics.late}` : '–');
  write('gaps', played ? `${played.gaps}` : '–');
  if (player.state !== 'playing' || !played) return;
  const parts = {codec: 1000 * (FRAME + codec.delay / 16000) + (statistics.milliseconds(0.5) ?? 0), buffer: 1000 * played.filled,
    device: 1000 * player.deviceLatency};
  write('latency', Object.values(parts).reduce((a, b) => a + b, 0).toFixed(0));
  write('latency-parts', Object.entries(parts).map(([name, value]) => `${name} ${value.toFixed(0)}`).join(' + '));
}

function onCoded({detail: {original, decoded, packet}}) {
  pictures.original.push(original);
  pictures.decoded.push(decoded);
  pictures.levelOriginal.push(original);
  pictures.levelDecoded.push(decoded);
  pictures.tokens.push(packet.tokens, packet.lost);
  statistics.add(packet);
}

function draw() {
  for (const picture of Object.values(pictures)) picture.draw();
  requestAnimationFrame(draw);
}

// --- Saving.

async function save(kind) {
  const button = $(`save-${kind}`), recording = await player.recording();
  if (!recording.input?.length || !recording.heard?.length) throw new Error('There is nothing to save yet.');
  button.disabled = true;
  try {
    const [bytes, type] = await FILES[kind](recording, +$('bitrate').value);
    const name = title.replace(/\.[^.]*$/, '').replace(/[^\p{L}\p{N}]+/gu, '-') || 'quaver';
    download(bytes, `${name}.${kind}`, type);
  } finally {
    button.disabled = false;
  }
}

// --- The beginning.

function listenToControls() {
  $('play').onclick = action(playSample);
  $('sample').onchange = action(() => player.state === 'playing' && player.source === 'sound' ? playSample() : undefined);
  $('microphone').onclick = action(speak);
  $('choose').onclick = () => $('file').click();
  $('file').onchange = action(async () => {
    await playFile($('file').files[0]);
    $('file').value = '';
  });
  $('pause').onclick = action(() => player.state === 'paused' ? player.resume() : player.pause());
  $('stop').onclick = action(() => player.stop());
  $('repeat').onchange = () => { player.repeat = $('repeat').checked; };
  $('volume').oninput = setVolume;
  $('bitrate').oninput = setBitrate;
  $('loss').oninput = $('burst').oninput = setNetwork;
  for (const radio of document.querySelectorAll('input[name=heard]')) radio.onchange = setHeard;
  for (const kind of Object.keys(FILES)) $(`save-${kind}`).onclick = action(() => save(kind));
  document.ondragover = event => {
    event.preventDefault();
    $('drop').hidden = !event.dataTransfer.types.includes('Files');
  };
  document.ondragleave = event => { if (!event.relatedTarget) $('drop').hidden = true; };
  document.ondrop = action(async event => {
    event.preventDefault();
    $('drop').hidden = true;
    if (codec) await playFile(event.dataTransfer.files[0]);
  });
  player.addEventListener('state', showState);
  player.addEventListener('coded', onCoded);
  player.addEventListener('played', ({detail}) => { played = detail; });
  player.addEventListener('failed', ({detail}) => complain(detail));
}

async function begin() {
  $('sample').append(...SAMPLES.map(({title: name}) => new Option(name)));
  codec = await player.load((loaded, all) => {
    if (all) Object.assign($('progress'), {max: all, value: loaded});
    write('loading-text', `Loading the codec: ${megabytes(loaded)}${all ? ` of ${megabytes(all)}` : ''} MB`);
  });
  pictures = {
    original: new Spectrogram($('spectrogram-original')), decoded: new Spectrogram($('spectrogram-decoded')),
    tokens: new TokenPicture($('tokens'), codec.groups, codec.codes),
    levelOriginal: new LevelMeter($('meter-original'), $('level-original')),
    levelDecoded: new LevelMeter($('meter-decoded'), $('level-decoded')),
  };
  Object.assign($('bitrate'), {max: codec.groups, value: codec.initial, disabled: false});
  write('tokens-last', `${codec.groups}th`);
  write('about', `Quaver ${codec.version}, model ${codec.identity.slice(0, 16)}, ${codec.groups} tokens of ${codec.codes} values a frame of 20 ms.`);
  for (const radio of document.querySelectorAll('input[value^=opus]')) radio.disabled = !codec.opus;
  $('no-opus').hidden = codec.opus;
  listenToControls();
  setBitrate();
  for (const id of ['play', 'microphone', 'choose']) $(id).disabled = false;
  $('loading').hidden = true;
  document.body.dataset.ready = 'yes';  // for the tests
  setInterval(showFigures, 200);
  requestAnimationFrame(draw);
}

begin().catch(error => {
  $('loading').hidden = true;
  complain(error);
});
