// Frames of sound go in, and come out as four channels that are in time with each other: the original, Quaver, and Opus at two
// bit rates. All codecs lose the same packets.

import {LossChain} from './network.js';

export const CHANNELS = ['original', 'quaver', 'opus6', 'opus12'];
const FRAME = 320;
const SETTLED = 15;  // frames without another change of the number of tokens

/** Blocks of samples in, single samples counted. */
class Line {
  #blocks = [];
  filled = 0;

  put(samples) {
    this.#blocks.push(samples);
    this.filled += samples.length;
  }

  take(count) {
    const out = new Float32Array(count);
    for (let at = 0; at < count;) {
      const block = this.#blocks[0], piece = block.subarray(0, count - at);
      out.set(piece, at);
      at += piece.length;
      if (piece.length === block.length) this.#blocks.shift();
      else this.#blocks[0] = block.subarray(piece.length);
    }
    this.filled -= count;
    return out;
  }
}

/** Quaver's encoder and decoder, which have agreed on a number of tokens a frame. */
class Link {
  #codec;
  #encoder;
  #decoder;

  constructor(codec, tokens) {
    this.#codec = codec;
    this.#encoder = codec.encoder({tokens, framesPerPacket: 1});
    this.#decoder = codec.decoder({format: this.#encoder.format});
    /** Tokens a frame that the packets are made for. */
    this.agreed = tokens;
  }

  setTokens(tokens) { this.#encoder.setTokens(tokens); }

  code(frame, lost) {
    const begin = performance.now(), [packet] = this.#encoder.push(frame);
    const samples = this.#decoder.push(lost ? null : packet), milliseconds = performance.now() - begin;
    const tokens = this.#codec.unpack(packet, this.#encoder.format).data;
    return {samples, packet: {bytes: packet.length, lost, milliseconds, tokens}};
  }

  free() {
    this.#encoder.free();
    this.#decoder.free();
  }
}

export class Pipeline {
  #codec;
  #link;
  #next = null;     // runs beside #link until it has heard enough
  #tokens;
  #since = 0;       // frames since #tokens changed
  #heard = 0;       // frames of #next
  #loss;
  #opus;
  #withOpus = false;
  #lines = CHANNELS.map(() => new Line());

  /**
   * @param {import('../../bindings/web/quaver.d.ts').Quaver} codec
   * @param {{tokens: number, loss: number, burst: number, seed: number}} settings tokens a frame; see LossChain
   * @param {{delay: number, code: Function}[]} opus at 6 and 12 kbit/s, or none
   */
  constructor(codec, settings, opus = []) {
    this.#codec = codec;
    this.#tokens = settings.tokens;
    this.#link = new Link(codec, settings.tokens);
    this.#loss = new LossChain(settings.loss, settings.burst, settings.seed);
    this.#opus = opus;
    /** Samples by which every channel is late. */
    this.delay = Math.max(codec.delay, ...opus.map(one => one.delay));
    const delays = [0, codec.delay, ...opus.map(one => one.delay)];
    for (const [i, line] of this.#lines.entries()) line.put(new Float32Array(this.delay - (delays[i] ?? 0)));
  }

  /**
   * From the next frame on. Packets of another number of tokens than the two ends agreed on take a byte more, which is much
   * at the lowest rates: when the number has settled, two new ends run beside the old ones, and take over once they
   * have heard as much as their output depends on. Nothing is heard of that.
   */
  setTokens(tokens) {
    if (tokens === this.#tokens) return;
    this.#tokens = tokens;
    this.#since = 0;
    this.#next?.free();
    this.#next = null;
    this.#link.setTokens(tokens);
  }

  setLoss(loss, burst) { this.#loss.set(loss, burst); }

  /** Opus takes more time than Quaver: it works from the moment when someone wants to hear it. */
  useOpus() { this.#withOpus = this.#opus.length > 0; }

  /**
   * @param {Float32Array} frame 320 samples at 16 kHz
   * @returns {{block: Float32Array[], packet: {bytes: number, lost: boolean, milliseconds: number, tokens: Uint16Array}}}
   *   block: as many samples of each channel; packet: of Quaver, with the tokens [groups] of the frame, 65535 for none
   */
  push(frame) {
    const lost = this.#loss.next(), {samples, packet} = this.#link.code(frame, lost);
    this.#lines[0].put(frame);
    this.#lines[1].put(samples);
    for (const [i, line] of this.#lines.slice(2).entries()) {
      line.put(this.#withOpus ? this.#opus[i].code(frame, lost).samples : new Float32Array(FRAME));
    }
    this.#agreeAnew(frame, lost);
    const count = Math.min(...this.#lines.map(line => line.filled));
    return {block: this.#lines.map(line => line.take(count)), packet};
  }

  #agreeAnew(frame, lost) {
    if (this.#next) {
      this.#next.code(frame, lost);
      if (++this.#heard < this.#codec.runIn) return;
      this.#link.free();
      this.#link = this.#next;
      this.#next = null;
    } else if (this.#link.agreed !== this.#tokens && ++this.#since >= SETTLED) {
      this.#next = new Link(this.#codec, this.#tokens);
      this.#heard = 0;
    }
  }

  free() {
    this.#link.free();
    this.#next?.free();
  }
}
