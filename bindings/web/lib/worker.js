// The codec in a Worker.
import { checkedOptions, checkedProgress } from './arguments.js';
import { wrong } from './errors.js';
import { Remote } from './remote.js';

// A stream in the worker: each method is a call of its twin.
class RemoteStream {
  #remote;
  #target;

  constructor(remote, target, facts) {
    this.#remote = remote;
    this.#target = target;
    Object.assign(this, facts);
  }
  get ready() {
    return Promise.resolve();
  }
  _call(method, ...args) {
    return this.#remote.call(this.#target, method, args);
  }
  // What ended with the worker needs no freeing.
  async free() {
    await this._call('free').catch(() => {});
  }
}

class RemoteEncoder extends RemoteStream {
  push(samples) {
    return this._call('push', samples);
  }
  flush() {
    return this._call('flush');
  }
  setBitrate(bitrate) {
    return this._call('setBitrate', bitrate);
  }
  setTokens(tokens) {
    return this._call('setTokens', tokens);
  }
}

class RemoteDecoder extends RemoteStream {
  push(packet) {
    return this._call('push', packet);
  }
  decodeFrame(packet) {
    return this._call('decodeFrame', packet);
  }
  decodeFrames(packets) {
    return this._call('decodeFrames', packets);
  }
  conceal(frames) {
    return this._call('conceal', frames);
  }
  reset() {
    return this._call('reset');
  }
}

export class QuaverWorker {
  #remote;

  static async load(options) {
    const { progress, ...rest } = checkedOptions(options);
    checkedProgress(progress);
    // Relative to this page, not to the worker's script.
    for (const name of ['weights', 'wasm']) {
      if (typeof URL !== 'undefined' && rest[name] instanceof URL) rest[name] = rest[name].href;
      else if (typeof rest[name] === 'string' && typeof location !== 'undefined')
        rest[name] = new URL(rest[name], location.href).href;
    }
    const remote = await Remote.start();
    try {
      return new QuaverWorker(remote, await remote.call(0, 'load', [rest], progress));
    } catch (error) {
      remote.end();
      throw error;
    }
  }
  constructor(remote, facts) {
    if (!(remote instanceof Remote)) throw wrong('new QuaverWorker(): wanted QuaverWorker.load()');
    this.#remote = remote;
    Object.assign(this, facts);
    Object.freeze(this);
  }
  get ready() {
    return Promise.resolve();
  }
  async #open(method, Stream, options) {
    const { target, ...facts } = await this.#remote.call(0, method, [options]);
    return new Stream(this.#remote, target, facts);
  }
  encoder(options) {
    return this.#open('encoder', RemoteEncoder, options);
  }
  decoder(options) {
    return this.#open('decoder', RemoteDecoder, options);
  }
  tokensForBitrate(bitrate, framesPerPacket) {
    return this.#remote.call(0, 'tokensForBitrate', [bitrate, framesPerPacket]);
  }
  expectedBitrate(tokens, framesPerPacket) {
    return this.#remote.call(0, 'expectedBitrate', [tokens, framesPerPacket]);
  }
  packetFrames(packet, format) {
    return this.#remote.call(0, 'packetFrames', [packet, format]);
  }
  unpack(packet, format) {
    return this.#remote.call(0, 'unpack', [packet, format]);
  }
  pack(tokens, format) {
    return this.#remote.call(0, 'pack', [tokens, format]);
  }
  encode(samples, options) {
    return this.#remote.call(0, 'encode', [samples, options]);
  }
  decode(qvr) {
    return this.#remote.call(0, 'decode', [qvr]);
  }
  tokenize(samples, tokens) {
    return this.#remote.call(0, 'tokenize', [samples, tokens]);
  }
  detokenize(tokens) {
    return this.#remote.call(0, 'detokenize', [tokens]);
  }
  async free() {
    this.#remote.end();
  }
}
