// On the audio thread: plays one of several channels from a ring that the codec's worker fills, fades when another is chosen,
// and tells the worker how far it is. It begins when enough waits. When the ring runs dry it waits again, for a little more than
// before; what is far too much for a live sound is dropped.

import {SampleRing} from './ring.js';

const RING = 2;         // seconds that fit
const MORE = 0.02;      // seconds by which the wait grows when the ring ran dry
const MOST = 0.3;       // seconds of the longest wait
const TOO_MUCH = 0.15;  // seconds beyond the wait
const FADE = 0.01;      // seconds from one channel to another
const REPORT = 0.02;    // seconds between reports

class Playback extends AudioWorkletProcessor {
  #ring;
  #block;
  #gains;
  #heard = 0;
  #wait;
  #playing = false;
  #ended = false;
  #live;
  #port = null;
  #taken = 0;
  #gaps = 0;
  #dropped = 0;
  #sinceReport = 0;
  #stopped = false;

  constructor({processorOptions: {channels, heard, wait, live}}) {
    super();
    this.#ring = new SampleRing(channels, Math.round(RING * sampleRate));
    this.#block = Array.from({length: channels}, () => new Float32Array(128));
    this.#gains = Array.from({length: channels}, (_, channel) => channel === heard ? 1 : 0);
    this.#heard = heard;
    this.#wait = wait * sampleRate;
    this.#live = live;
    this.port.onmessage = ({data}) => {
      if ('heard' in data) this.#heard = data.heard;
      if (data.stop) this.#stopped = true;
      if (!data.port) return;
      this.#port = data.port;
      this.#port.onmessage = ({data: {block, ended}}) => {
        if (block) this.#dropped += block[0].length - this.#ring.write(block);
        this.#ended ||= !!ended;
      };
    };
  }

  process(_, [[out]]) {
    if (this.#stopped) return false;
    if (!this.#port) return true;
    if (this.#block[0].length !== out.length) this.#block = this.#block.map(() => new Float32Array(out.length));
    const most = this.#wait + TOO_MUCH * sampleRate;
    if (this.#live && this.#ring.filled > most) {
      const excess = this.#ring.filled - Math.round(this.#wait);
      this.#ring.drop(excess);
      this.#taken += excess;
      this.#dropped += excess;
    }
    if (!this.#playing && (this.#ended || this.#ring.filled >= this.#wait)) this.#playing = true;
    if (this.#playing) this.#play(out);
    this.#sinceReport += out.length;
    if (this.#sinceReport >= REPORT * sampleRate) {
      this.#sinceReport = 0;
      const empty = this.#ended && this.#ring.filled === 0;
      const {filled} = this.#ring;
      this.#port.postMessage({taken: this.#taken, filled, wait: this.#wait, gaps: this.#gaps, dropped: this.#dropped, empty});
    }
    return true;
  }

  #play(out) {
    const count = this.#ring.read(this.#block), step = 1 / (FADE * sampleRate);
    this.#taken += count;
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (const [channel, samples] of this.#block.entries()) {
        const goal = channel === this.#heard ? 1 : 0, gain = this.#gains[channel];
        this.#gains[channel] = gain < goal ? Math.min(goal, gain + step) : Math.max(goal, gain - step);
        sum += gain * samples[i];
      }
      out[i] = sum;
    }
    if (count < out.length && !this.#ended) {
      this.#gaps++;
      this.#playing = false;
      this.#wait = Math.min(MOST * sampleRate, this.#wait + MORE * sampleRate);
    }
  }
}
registerProcessor('playback', Playback);
