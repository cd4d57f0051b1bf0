// The sound of the page: audio context, worklets, the codec's worker, the microphone. Tells what happens by events: `coded`
// (a frame went through the codecs), `played` (how the playback stands), `state` (another source, paused, ended), `failed`.

import {CHANNELS} from './pipeline.js';
import {microphoneProblem} from './support.js';

const WAIT = {microphone: 0.06, sound: 0.1};  // seconds that wait before the playback begins
const PATIENCE = 5;                           // seconds for the output to start

export class Player extends EventTarget {
  #worker = null;
  #context = null;
  #volume = null;
  #playback = null;
  #stream = null;
  #microphone = null;
  #capture = null;
  #waiting = new Map();  // answers of the worker
  #settings = {tokens: 6, loss: 0, burst: 1, seed: 10};
  #heard = CHANNELS.indexOf('quaver');
  #repeat = true;
  #level = 1;
  #number = 0;  // of the latest start: what an earlier one still does or tells is old
  /** @type {'stopped' | 'starting' | 'playing' | 'paused'} */
  state = 'stopped';
  /** @type {'microphone' | 'sound' | null} */
  source = null;

  /**
   * @param {(loaded: number, total: number | undefined) => void} progress bytes of the model
   * @returns {Promise<object>} what is known about the codec; see `load` in codec-worker.js
   */
  async load(progress) {
    this.#worker = new Worker(new URL('codec-worker.js', import.meta.url), {type: 'module'});
    this.#worker.onerror = event => this.#fail(new Error(event.message || 'The codec could not be started.'));
    this.#worker.onmessage = ({data}) => {
      if (data.type === 'progress') return progress(data.loaded, data.total);
      if (data.type === 'error') return this.#fail(new Error(data.message));
      if ('number' in data && data.number !== this.#number) return undefined;
      if (data.type === 'ended') return this.stop();
      const answer = this.#waiting.get(data.type);
      this.#waiting.delete(data.type);
      if (answer) answer.resolve(data);
      else this.#tell(data.type, data);
    };
    return this.#ask('load', 'loaded');
  }

  /** @param {Float32Array} samples 16 kHz */
  async playSound(samples) {
    await this.#begin('sound', {samples, repeat: this.#repeat});
  }

  /** @param {MediaStream} stream of getMicrophone() */
  async playMicrophone(stream) {
    await this.#begin('microphone', {}, stream);
  }

  /** @returns {Promise<MediaStream>} untouched by the browser's own processing */
  static async getMicrophone() {
    try {
      return await navigator.mediaDevices.getUserMedia(
          {audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
    } catch (error) {
      throw new Error(microphoneProblem(error), {cause: error});
    }
  }

  async pause() {
    if (this.state !== 'playing') return;
    await this.#context.suspend();
    this.#enter('paused');
  }

  async resume() {
    if (this.state !== 'paused') return;
    await this.#start();
    this.#enter('playing');
  }

  stop() {
    for (const node of [this.#playback, this.#capture]) node?.port.postMessage({stop: true});  // or it goes on, unheard
    for (const node of [this.#playback, this.#microphone, this.#capture]) node?.disconnect();
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#playback = this.#microphone = this.#capture = this.#stream = null;
    this.#enter('stopped');
  }

  /** @param {{tokens?: number, loss?: number, burst?: number}} settings tokens a frame; see LossChain */
  set(settings) {
    Object.assign(this.#settings, settings);
    this.#worker?.postMessage({type: 'set', settings: this.#settings});
  }

  /** @param {string} channel of CHANNELS */
  hear(channel) {
    this.#heard = CHANNELS.indexOf(channel);
    this.#worker?.postMessage({type: 'hear', heard: this.#heard});
    this.#playback?.port.postMessage({heard: this.#heard});
  }

  set repeat(repeat) {
    this.#repeat = repeat;
    this.#worker?.postMessage({type: 'repeat', repeat});
  }

  /** @param {number} level 0 .. 1 */
  set volume(level) {
    this.#level = level;
    this.#volume?.gain.setTargetAtTime(level, this.#context.currentTime, 0.02);
  }

  /** Seconds from the playback worklet to the loudspeaker, as far as the browser knows. */
  get deviceLatency() { return this.#context ? (this.#context.outputLatency || this.#context.baseLatency || 0) : 0; }

  /** @returns {Promise<{input: Float32Array | null, heard: Float32Array | null}>} 16 kHz, of the latest source */
  recording() { return this.#ask('recording', 'recording'); }

  async #begin(source, request, stream = null) {
    this.stop();
    const number = ++this.#number;
    this.source = source;
    this.#enter('starting');
    this.#stream = stream;
    try {
      await this.#open();
    } catch (error) {
      if (number === this.#number) this.stop();
      throw error;
    }
    if (number !== this.#number) return;
    const output = new MessageChannel(), transfer = [output.port1];
    this.#playback = new AudioWorkletNode(this.#context, 'playback', {numberOfInputs: 0, outputChannelCount: [1],
      processorOptions: {channels: CHANNELS.length, heard: this.#heard, wait: WAIT[source], live: source === 'microphone'}});
    this.#playback.port.postMessage({port: output.port2}, [output.port2]);
    this.#playback.connect(this.#volume);
    if (stream) {
      const input = new MessageChannel();
      this.#capture = new AudioWorkletNode(this.#context, 'capture', {numberOfOutputs: 0});
      this.#capture.port.postMessage({port: input.port2}, [input.port2]);
      this.#microphone = this.#context.createMediaStreamSource(stream);
      this.#microphone.connect(this.#capture);
      stream.getAudioTracks()[0].onended = () => {
        if (this.#stream !== stream) return;
        this.#fail(new Error('The microphone was disconnected.'));
      };
      transfer.push(input.port1);
      request.capture = input.port1;
    }
    await this.#ask('start', 'started', {...request, number, rate: this.#context.sampleRate, wait: WAIT[source],
      settings: this.#settings, heard: this.#heard, playback: output.port1}, transfer);
    if (number === this.#number && this.state === 'starting') this.#enter('playing');
  }

  async #open() {
    if (!this.#context) {
      const context = new AudioContext({latencyHint: 'interactive'});
      await Promise.all(['capture', 'playback'].map(name =>
          context.audioWorklet.addModule(new URL(`${name}-worklet.js`, import.meta.url))));
      this.#context = context;
      this.#volume = new GainNode(context, {gain: this.#level});
      this.#volume.connect(context.destination);
    }
    await this.#start();
  }

  /** Browsers wait without a word where there is no loudspeaker. */
  async #start() {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('The sound output does not start. Is there a loudspeaker, and may this page play sound?')),
          1000 * PATIENCE);
    });
    await Promise.race([this.#context.resume(), late]).finally(() => clearTimeout(timer));
  }

  #ask(type, answer, request = {}, transfer = []) {
    return new Promise((resolve, reject) => {
      this.#waiting.get(answer)?.resolve({});  // to an earlier question, which nobody needs any more
      this.#waiting.set(answer, {resolve, reject});
      this.#worker.postMessage({type, ...request}, transfer);
    });
  }

  #enter(state) {
    this.state = state;
    this.#tell('state', state);
  }

  #fail(error) {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const {reject} of waiting) reject(error);
    this.stop();
    if (waiting.length === 0) this.#tell('failed', error);
  }

  #tell(type, detail) { this.dispatchEvent(new CustomEvent(type, {detail})); }
}
