import {CHANNELS, Pipeline} from './pipeline.js';
import {Recording} from './recording.js';
import {Resampler} from './resample.js';

const RATE = 16000, FRAME = 320;
const AHEAD = 0.03;  // seconds of a sound that are decoded beyond what the playback waits for

/** A sound, or a microphone, on its way through the codecs, from one start to the next. */
export class Session {
  #pipeline;
  #opus;
  #tell;
  #closed = false;
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

  /**
   * @param {{codec: object, opus: object[], tell: (message: object) => void, fail: (error: Error) => void}} means
   * @param {object} request of the page; see Player
   */
  constructor({codec, opus, tell, fail}, {number, rate, wait, samples, repeat, settings, heard, playback, capture}) {
    this.#tell = (type, what = {}) => tell({type, number, ...what});
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
    // What a closed port still delivers, as Firefox does, is too late. What goes wrong does not go unseen.
    const guarded = handler => ({data}) => {
      try {
        if (!this.#closed) handler(data);
      } catch (error) {
        fail(error);
      }
    };
    playback.onmessage = guarded(data => this.#onPlayed(data));
    if (capture) capture.onmessage = guarded(data => this.#onCaptured(data));
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
    this.#closed = true;
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
}
