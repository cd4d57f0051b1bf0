'use strict';
// A listening test in the manner of MUSHRA. TEST, which the page has set before, says what to listen to: {title, about, test (what
// kept ratings are known by), codecs: [title], clips: [{clip, reference, codecs: [sound]}]}, sounds being files in base64.
const HIDDEN = 'hidden reference', ANCHOR = '3.5 kHz anchor';
const NAMES = [HIDDEN, ANCHOR, ...TEST.codecs];
const GRADES = ['excellent', 'good', 'fair', 'poor', 'bad'];
const CUTOFF = 3500, TAPS = 255;  // Hz; of the anchor's filter
const FADE = 0.008;               // seconds from one version to another
const $ = id => document.getElementById(id);

// --- What the listener did; kept by the browser, so that closing the page loses nothing.
const KEY = 'listening-test-' + TEST.test;
function shuffled(count) {
  const order = [...Array(count).keys()];
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
function fresh() {
  return {listener: '', at: 0, clips: shuffled(TEST.clips.length).map(clip =>
    ({clip, order: shuffled(NAMES.length), ratings: NAMES.map(() => null), seconds: 0}))};
}
function kept() {
  try { return JSON.parse(localStorage.getItem(KEY)); } catch { return null; }
}
function keep() {
  try { localStorage.setItem(KEY, JSON.stringify(state)); } catch { /* a page from a file may have no storage */ }
}
let state = kept() || fresh();

// --- Sound: all versions of a clip play at once, one of them is heard.
let context = null, player = null;

function anchorOf(buffer) {
  const taps = Float64Array.from({length: TAPS}, (_, i) => {
    const n = i - (TAPS - 1) / 2, cutoff = 2 * CUTOFF / buffer.sampleRate;
    const sinc = n === 0 ? cutoff : Math.sin(Math.PI * cutoff * n) / (Math.PI * n);
    return sinc * (0.42 - 0.5 * Math.cos(2 * Math.PI * i / (TAPS - 1)) + 0.08 * Math.cos(4 * Math.PI * i / (TAPS - 1)));
  });
  const samples = buffer.getChannelData(0), out = context.createBuffer(1, samples.length, buffer.sampleRate);
  const y = out.getChannelData(0);
  for (let t = 0; t < samples.length; t++) {
    let sum = 0;
    for (let i = 0; i < TAPS; i++) sum += taps[i] * (samples[t + (TAPS - 1) / 2 - i] ?? 0);
    y[t] = sum;
  }
  return out;
}

const decode = text => context.decodeAudioData(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer);

class Player {
  // buffers: of the reference, then in the order of NAMES
  constructor(buffers) {
    this.buffers = buffers;
    this.seconds = buffers[0].duration;
    this.heard = 0;
    this.from = 0;
    this.to = this.seconds;
    this.loop = true;
    this.sources = [];
    this.offset = 0;  // where it plays from, when it plays next
  }
  get playing() { return this.sources.length > 0; }
  get position() {
    if (!this.playing) return this.offset;
    const at = this.offset + context.currentTime - this.started;
    return this.loop && at > this.to ? this.from + (at - this.from) % (this.to - this.from) : Math.min(at, this.seconds);
  }
  play() {
    this.stop();
    if (this.offset < this.from || this.offset >= this.to - 0.02) this.offset = this.from;
    this.started = context.currentTime;
    this.gains = this.buffers.map((_, i) => {
      const gain = context.createGain();
      gain.gain.value = i === this.heard ? 1 : 0;
      gain.connect(context.destination);
      return gain;
    });
    this.sources = this.buffers.map((buffer, i) => {
      const source = context.createBufferSource();
      source.buffer = buffer;
      Object.assign(source, {loop: this.loop, loopStart: this.from, loopEnd: this.to});
      source.connect(this.gains[i]);
      if (this.loop) source.start(this.started, this.offset);
      else source.start(this.started, this.offset, this.to - this.offset);
      return source;
    });
    this.sources[0].onended = () => { this.stop(); this.offset = this.from; };
  }
  stop() {
    this.offset = this.position;
    for (const source of this.sources) { source.onended = null; source.stop(); source.disconnect(); }
    this.sources = [];
  }
  hear(which) {
    if (this.playing && which !== this.heard) {
      const now = context.currentTime;
      for (const [i, gain] of this.gains.entries()) {
        gain.gain.cancelScheduledValues(now);
        gain.gain.setValueAtTime(i === this.heard ? 1 : 0, now);
        gain.gain.linearRampToValueAtTime(i === which ? 1 : 0, now + FADE);
      }
    }
    this.heard = which;
    if (!this.playing) this.play();
  }
  part(from, to, loop) {
    const playing = this.playing;
    this.stop();
    Object.assign(this, {from, to, loop});
    if (playing) this.play();
  }
}

// --- The page of a clip.
let opened = 0;
const trial = () => state.clips[state.at];
const version = place => trial().order[place] + 1;  // in Player's buffers; 0 is the reference

async function open(at) {
  player?.stop();
  player = null;
  state.at = at;
  keep();
  show('trial');
  $('number').textContent = `${at + 1} of ${state.clips.length}`;
  $('signals').replaceChildren(scale(), ...trial().order.map((name, place) => signal(name, place)));
  $('hint').textContent = 'The sound is being decoded ...';
  const clip = TEST.clips[trial().clip];
  const [reference, ...codecs] = await Promise.all([clip.reference, ...clip.codecs].map(decode));
  player = new Player([reference, reference, anchorOf(reference), ...codecs]);
  $('from').value = 0;
  $('to').value = 100;
  opened = performance.now();
  refresh();
}

function scale() {
  const box = document.createElement('div');
  box.id = 'scale';
  box.append(...GRADES.map(grade => Object.assign(document.createElement('span'), {textContent: grade})));
  return box;
}

function signal(name, place) {
  const box = document.createElement('div'), slider = document.createElement('input');
  const value = document.createElement('output'), button = document.createElement('button');
  box.className = 'signal';
  Object.assign(slider, {type: 'range', min: 0, max: 100, value: trial().ratings[name] ?? 50});
  slider.setAttribute('aria-label', `rating of version ${place + 1}`);
  slider.oninput = () => rate(name, +slider.value);
  button.textContent = place + 1;
  button.setAttribute('aria-label', `version ${place + 1}`);
  button.onclick = () => hear(version(place));
  box.append(value, slider, button);
  return box;
}

function rate(name, value) {
  trial().ratings[name] = Math.max(0, Math.min(100, value));
  keep();
  refresh();
}

function hear(which) {
  player?.hear(which);
  refresh();
}

function press(button, on) {
  button.classList.toggle('on', on);
  button.setAttribute('aria-pressed', on);
}

function refresh() {
  const {order, ratings} = trial(), boxes = document.querySelectorAll('.signal');
  for (const [place, name] of order.entries()) {
    const box = boxes[place];
    box.classList.toggle('unrated', ratings[name] === null);
    box.classList.toggle('current', player?.heard === name + 1);
    box.querySelector('output').textContent = ratings[name] ?? '-';
    if (ratings[name] !== null) box.querySelector('input').value = ratings[name];
    press(box.querySelector('button'), player?.heard === name + 1);
  }
  press($('reference'), player?.heard === 0);
  const open = ratings.filter(rating => rating === null).length;
  $('next').disabled = open > 0;
  $('next').textContent = state.at + 1 < state.clips.length ? 'Next clip' : 'To the end';
  $('previous').disabled = state.at === 0;
  $('hint').textContent = open ? `Not rated yet: ${open} of ${NAMES.length}.` :
    Math.max(...ratings) < 100 ? 'One of these is the reference itself: should it not have 100?' : '';
}

function part() {
  if (!player) return;
  let from = +$('from').value / 100 * player.seconds, to = +$('to').value / 100 * player.seconds;
  if (to - from < 0.2) to = Math.min(player.seconds, from + 0.2), from = Math.max(0, to - 0.2);
  player.part(from, to, $('loop').checked);
}

function leave(step) {
  trial().seconds = Math.round(trial().seconds + (performance.now() - opened) / 1000);
  if (state.at + step < state.clips.length) return open(state.at + step);
  player?.stop();
  keep();
  tell();
  show('end');
}

function draw() {
  $('play').textContent = player?.playing ? 'Pause' : 'Play';
  if (player) {
    const share = seconds => 100 * seconds / player.seconds + '%';
    const [loop, now] = $('bar').children;
    loop.style.left = share(player.from);
    loop.style.right = share(player.seconds - player.to);
    now.style.left = share(player.position);
  }
  requestAnimationFrame(draw);
}

// --- The end.
function results() {
  return {format: 'listening-test', version: 1, test: TEST.test, title: TEST.title, listener: state.listener,
    saved: new Date().toISOString(), clips: state.clips.map(({clip, order, ratings, seconds}) => ({
      clip: TEST.clips[clip].clip, seconds, order: order.map(name => NAMES[name]),
      ratings: Object.fromEntries(NAMES.map((name, i) => [name, ratings[i]]))}))};
}

function tell() {
  const mean = i => state.clips.reduce((sum, clip) => sum + clip.ratings[i], 0) / state.clips.length;
  const rows = NAMES.map((name, i) => [name, mean(i)]).sort((a, b) => b[1] - a[1]);
  $('told').replaceChildren(...rows.map(([name, value]) => {
    const row = document.createElement('tr');
    row.append(...[name, value.toFixed(0)].map(text => Object.assign(document.createElement('td'), {textContent: text})));
    return row;
  }));
}

function save() {
  const link = document.createElement('a');
  const listener = state.listener.replace(/[^\p{L}\p{N}]+/gu, '-') || 'listener';
  link.href = URL.createObjectURL(new Blob([JSON.stringify(results(), null, 1) + '\n'], {type: 'application/json'}));
  link.download = `ratings-${listener}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function show(id) {
  for (const page of document.querySelectorAll('main')) page.hidden = page.id !== id;
  $(id).focus();  // Tab goes on from the beginning of what is new
}

// --- Buttons and keys.
$('begin').onclick = () => {
  context ??= new AudioContext();
  context.resume();
  state.listener = $('listener').value.trim();
  open(Math.min(state.at, state.clips.length - 1));
};
const toggle = () => player && (player.playing ? player.stop() : player.play());
$('play').onclick = toggle;
$('reference').onclick = () => hear(0);
$('loop').onchange = $('from').oninput = $('to').oninput = part;
$('next').onclick = () => leave(1);
$('previous').onclick = () => leave(-1);
$('back').onclick = () => open(state.clips.length - 1);
$('save').onclick = save;

// Keys that the control which has the focus needs itself. A mouse leaves none focused, so that all keys work after it.
function ownKey({target, key}) {
  if (target.matches('input[type=range]')) return /^(Arrow|Page|Home|End)/.test(key);
  return key === ' ' ? target.matches('button, [type=checkbox]') : key === 'Enter' && target.matches('button');
}
document.addEventListener('pointerup', () => setTimeout(() => {
  if (!$('trial').hidden) document.activeElement.blur();
}));

function onKey(event) {
  if ($('trial').hidden || !player || event.ctrlKey || event.altKey || event.metaKey || ownKey(event)) return;
  const place = trial().order.indexOf(player.heard - 1);  // -1: the reference
  const count = NAMES.length, step = event.shiftKey ? 10 : 1;
  const turn = by => hear((place + 1 + by + count + 1) % (count + 1) === 0 ? 0 : version((place + by + count + 1) % (count + 1)));
  const lift = by => place >= 0 && rate(trial().order[place], (trial().ratings[trial().order[place]] ?? 50) + by);
  const edge = id => { $(id).value = 100 * player.position / player.seconds; part(); };
  const keys = {
    ' ': toggle, r: () => hear(0), 0: () => hear(0), ArrowLeft: () => turn(-1), ArrowRight: () => turn(1),
    ArrowUp: () => lift(step), ArrowDown: () => lift(-step), PageUp: () => lift(10), PageDown: () => lift(-10),
    l: () => { $('loop').checked = !$('loop').checked; part(); }, '[': () => edge('from'), ']': () => edge('to'),
    Enter: () => $('next').disabled || leave(1),
  };
  for (let i = 0; i < Math.min(9, count); i++) keys[i + 1] = () => hear(version(i));
  const action = keys[event.key] ?? keys[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  action();
}
document.addEventListener('keydown', onKey);

document.title = $('title').textContent = TEST.title;
$('about').textContent = TEST.about;
$('listener').value = state.listener;
$('begin').disabled = false;
draw();
