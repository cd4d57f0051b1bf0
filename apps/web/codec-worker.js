// Runs the codecs. Sound comes from the microphone's worklet or from a sound that the page sent, and goes to the playback
// worklet, both over ports of their own, so that a busy page does not disturb it.

import {openOpus} from './opus.js';
import {CHANNELS, Pipeline} from './pipeline.js';
import {Quaver} from './quaver/quaver.js';
import {Resampler} from './resample.js';

const RATE = 16000, FRAME = 320;
const AHEAD = 0.03;             // seconds of a sound that are decoded beyond what the playback waits for
const KEPT = 600 * RATE;        // samples of input and output that can be saved
const OPUS_RATES = [6000, 12000];

let codec = null;
let session = null;

/** What was recorded, the latest at the end. */
class Recording {
  #blocks = [];
  #samples = 0;

  put(samples) {
    this.#blocks.push(samples);
    this.#samples += samples.length;
    while (this.#samples - this.#blocks[0].length >= KEPT) this.#samples -= this.#blocks.shift().length;
  }

  /** Without the first `skip` samples, of which only those are there that were not forgotten. */
  whole(skip = 0) {
    const out = new Float32Array(this.#samples);
    let at = 0;
    for (const block of this.#blocks) {
      out.set(block, at);
      at += block.length;
    }
    return out.subarray(Math.min(skip, out.length));
  }
}

class Session {
  #pipeline;
  #opus;
  #rest = new Float32Array(0);  // of a frame
  #input;
  #outputs;
  #playback;
  #capture;
  #rate;
  #samples;
  #at = 0;
  #repeat;
  #sent = 0;
  #ended = false;
  #heard;
  #recorded = new Recording();
  #decoded = new Recording();
  #number;

  constructor(opus, {number, rate, wait, samples, repeat, settings, heard, playback, capture}) {
    this.#number = number;
    this.#opus = opus;
    this.#pipeline = new Pipeline(codec, settings, opus);
    this.#rate = rate;
    this.#samples = samples ?? null;
    this.#repeat = repeat;
    this.#playback = playback;
    this.#capture = capture ?? null;
    this.#input = rate === RATE ? null : new Resampler(rate, RATE);
    this.#outputs = rate === RATE ? null : CHANNELS.map(() => new Resampler(RATE, rate));
    this.hear(heard);
    playback.onmessage = guarded(({data}) => this.#onPlayed(data));
    if (capture) capture.onmessage = guarded(({data}) => this.#onCaptured(data));
    else this.#fill(0, wait * rate);
  }

  set(settings) {
    this.#pipeline.setTokens(settings.tokens);
    this.#pipeline.setLoss(settings.loss, settings.burst);
  }

  hear(channel) {
    this.#heard = channel;
    if (channel >= 2) this.#pipeline.useOpus();
  }

  repeat(repeat) { this.#repeat = repeat; }

  recording() {
    return {input: this.#samples ?? this.#recorded.whole(), heard: this.#decoded.whole(this.#pipeline.delay)};
  }

  close() {
    this.#playback.close();
    this.#capture?.close();
    this.#pipeline.free();
    for (const one of this.#opus) one.free();
  }

  #onCaptured(samples) {
    const sound = this.#input ? this.#input.push(samples) : samples;
    this.#recorded.put(sound);
    const data = new Float32Array(this.#rest.length + sound.length);
    data.set(this.#rest);
    data.set(sound, this.#rest.length);
    let at = 0;
    for (; at + FRAME <= data.length; at += FRAME) this.#code(data.slice(at, at + FRAME));
    this.#rest = data.slice(at);
  }

  #onPlayed(state) {
    if (this.#samples) this.#fill(state.taken, state.wait);
    const {filled, wait, gaps, dropped} = state;
    this.#tell('played', {filled: filled / this.#rate, wait: wait / this.#rate, gaps, dropped: dropped / this.#rate,
      seconds: this.#samples ? this.#at / RATE : 0});
    if (state.empty) this.#tell('ended');
  }

  /** Codes as much of the sound as the playback needs next; silence behind it brings the end out of the codec. */
  #fill(taken, wait) {
    while (!this.#ended && this.#sent - taken < wait + AHEAD * this.#rate) {
      if (this.#repeat && this.#at >= this.#samples.length) this.#at = 0;
      if (this.#at >= this.#samples.length + this.#pipeline.delay) {
        this.#ended = true;
        this.#playback.postMessage({ended: true});
        return;
      }
      const frame = new Float32Array(FRAME);
      frame.set(this.#samples.subarray(this.#at, this.#at + FRAME));
      this.#at += FRAME;
      this.#code(frame);
    }
  }

  #code(frame) {
    const {block, packet} = this.#pipeline.push(frame);
    this.#decoded.put(block[1]);
    const played = this.#outputs ? this.#outputs.map((one, i) => one.push(block[i])) : block.map(samples => samples.slice());
    this.#sent += played[0].length;
    this.#playback.postMessage({block: played}, played.map(samples => samples.buffer));
    // Whoever wants to hear the original sees beside it what Quaver makes of it.
    this.#tell('coded', {original: block[0], decoded: block[Math.max(1, this.#heard)], packet});
  }

  #tell(type, what = {}) { postMessage({type, number: this.#number, ...what}); }
}

const describe = error => error instanceof Error ? error.message : String(error);
const fail = error => postMessage({type: 'error', message: describe(error)});

/** Nothing that goes wrong goes unseen. */
function guarded(handler) {
  return async event => {
    try {
      await handler(event);
    } catch (error) {
      fail(error);
    }
  };
}

const openAll = async () => {
  try {
    return await Promise.all(OPUS_RATES.map(openOpus));
  } catch {
    return [];  // the page was put together without it
  }
};

const requests = {
  async load() {
    const progress = (loaded, total) => postMessage({type: 'progress', loaded, total});
    codec = await Quaver.load({progress});
    const opus = await openAll();
    for (const one of opus) one.free();
    const rates = Array.from({length: codec.groups}, (_, i) => codec.expectedBitrate(i + 1, 1));
    postMessage({type: 'loaded', opus: opus.length > 0, rates, groups: codec.groups, codes: codec.codes, delay: codec.delay,
      initial: codec.tokensForBitrate(3000, 1), version: codec.version, identity: codec.identity});
  },
  async start(request) {
    session?.close();
    session = null;
    session = new Session(await openAll(), request);
    postMessage({type: 'started'});
  },
  set({settings}) { session?.set(settings); },
  hear({heard}) { session?.hear(heard); },
  repeat({repeat}) { session?.repeat(repeat); },
  recording() { postMessage({type: 'recording', ...(session?.recording() ?? {input: null, heard: null})}); },
};

// One after the other: a start waits for the load.
let queue = Promise.resolve();
onmessage = ({data}) => { queue = queue.then(() => requests[data.type](data)).catch(fail); };
