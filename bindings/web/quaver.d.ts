// Quaver, a streaming neural speech codec, in WebAssembly. Sound is mono at 16 kHz throughout: floats, nominally -1 .. 1,
// clamped to -16 .. 16 on the way in, where what is not finite counts as 0.
//
//   const codec = await Quaver.load();
//   const encoder = codec.encoder({ bitrate: 3000 });
//   const decoder = codec.decoder({ format: encoder.format });
//   for (const packet of encoder.push(samples)) play(decoder.push(packet));    // or, when it was lost: decoder.push(null)
//
// Calls check their arguments and throw QuaverError. Unless it says otherwise, nothing was done then, and the object goes on.
// Results are copies: they stay as they are whatever comes later.

/**
 * What went wrong:
 * - `argument`: a value of the wrong type or out of range.
 * - `packet`: bytes that are no packet of this model, or no .qvr file.
 * - `model`: bytes that are no weights, or another model than was asked for.
 * - `memory`: memory is short. The encoder or decoder of the call is over, others go on.
 * - `state`: used after free() or after an error that ended it; or the WebAssembly failed, which is a bug.
 * - `ended`: push() after flush().
 * - `unsupported`: no WebAssembly with SIMD here.
 * - `network`: weights or WebAssembly could not be loaded.
 */
export type QuaverErrorCode = 'argument' | 'packet' | 'model' | 'memory' | 'state' | 'ended' | 'unsupported' | 'network';

export class QuaverError extends Error {
  constructor(code: QuaverErrorCode, message: string, options?: { cause?: unknown });
  code: QuaverErrorCode;
}

export interface LoadOptions {
  /** Weights: a URL (default: speech-16k.safetensors beside quaver.js), or the bytes. In Node a path, too. */
  weights?: string | URL | ArrayBuffer | Uint8Array;
  /**
   * The WebAssembly: a URL (default: quaver.wasm beside quaver.js), the bytes, or a compiled module. An AudioWorklet has
   * no fetch(): hand over bytes and module.
   */
  wasm?: string | URL | ArrayBuffer | Uint8Array | WebAssembly.Module;
  /** 64 hexadecimal digits: refuse any other model. Without `weights` it is that of the package's own. */
  identity?: string;
  /** Bytes of the weights loaded so far, of how many (undefined: not known). */
  progress?: (loaded: number, total: number | undefined) => void;
  /**
   * Keep fetched weights in the browser's Cache "quaver" (default true, where there is one). What is kept is fetched again
   * when it is damaged or of another identity than is wanted.
   */
  cache?: boolean;
  /** The most memory in bytes that the WebAssembly may take, 2 MiB .. 2 GiB; default 1 GiB. */
  memory?: number;
}

export interface EncoderOptions {
  /** Bits per second of payload, default 3000. */
  bitrate?: number;
  /** Tokens of a frame, 1 .. groups, in place of a bit rate. */
  tokens?: number;
  /** Frames of 20 ms in a packet, 1 .. 25: default 1 in encoder(), 25 in encode(). */
  framesPerPacket?: number;
  /** Fewer tokens where the sound is quiet; the bit rate, or tokens, is that of speech. */
  variableRate?: boolean;
  /** Time spent on better sound at the same bit rate. 1 and 2 look 30 seconds ahead and are 10 and 50 times slower. */
  effort?: 0 | 1 | 2;
}

/** What packets leave unsaid, so that both ends agree on it: frames of a packet, 1 .. 25, and tokens of a frame, 0 .. groups. */
export interface Format {
  readonly frames: number;
  readonly tokens: number;
}

/** As `@wasm-audio-decoders/opus-ml` has it. */
export interface DecodedAudio {
  channelData: [Float32Array];
  samplesDecoded: number;
  sampleRate: number;
  /** `packet`: its number among those of the call, or of the file, from 0 on. What could not be decoded was concealed. */
  errors: { message: string; packet: number }[];
}

export interface Tokens {
  /** [frames, groups], row by row; 65535 behind the tokens of a frame. */
  data: Uint16Array;
  frames: number;
  /** [frames]: tokens of each frame; 0: lost. */
  tokens: Uint8Array;
}

/** One model, loaded. Its streams share it and are independent of each other. */
export class Quaver {
  private constructor();
  /** Throws `network`, `model`, `unsupported`, `memory` and `argument`. */
  static load(options?: LoadOptions): Promise<Quaver>;
  /** Fulfilled. */
  readonly ready: Promise<void>;
  readonly version: string;
  /** SHA-256 of configuration and weights, 64 hexadecimal digits: both ends need the same. */
  readonly identity: string;
  readonly metadata: Record<string, string>;
  /** Hz: 16000. */
  readonly sampleRate: number;
  /** Samples of a frame: 320. */
  readonly frameSamples: number;
  /** The most tokens of a frame: 18. */
  readonly groups: number;
  /** Tokens are 0 .. codes - 1. */
  readonly codes: number;
  /** Samples by which decoded sound lags the input. */
  readonly delay: number;
  /** Frames after which a decoder that began in the middle of a stream gives the same bits as one from its start. */
  readonly runIn: number;
  /** WebAssembly memory in use. */
  readonly memoryBytes: number;

  /** The sending side of a stream. */
  encoder(options?: EncoderOptions): Encoder;
  /**
   * The receiving side. `format`: that of the encoder; default {frames: 1, tokens: groups}. `skip`: samples dropped at the
   * start, 0 .. 65535; default 0, for live sound; `codec.delay` aligns the sound with the one that was encoded.
   */
  decoder(options?: { format?: Format; skip?: number }): Decoder;

  /** The most tokens of a frame whose payload is expected to fit a bit rate; framesPerPacket: 1 .. 25, default 1. */
  tokensForBitrate(bitrate: number, framesPerPacket?: number): number;
  /** The other way: expected payload in bits per second. */
  expectedBitrate(tokens: number, framesPerPacket?: number): number;
  /** Frames of a packet, known without its tokens. */
  packetFrames(packet: Uint8Array, format: Format): number;
  unpack(packet: Uint8Array, format: Format): Tokens;
  /** 1 .. 25 frames to one packet. */
  pack(tokens: Tokens, format: Format): Uint8Array;

  // Whole sounds, aligned with the input.

  /** A whole .qvr file. */
  encode(samples: Float32Array, options?: EncoderOptions): Uint8Array;
  /**
   * A whole .qvr file, whatever happened to it: `damaged` frames were lost and concealed, `errors` says why. The sound is at
   * 16 kHz also when another rate was encoded. Throws `packet` if it is no .qvr file, `model` if it is of another model.
   */
  decode(qvr: Uint8Array): DecodedAudio & { tags: [string, string][]; damaged: number };
  /** tokens: of a frame, 1 .. groups, default groups. ceil((samples + delay) / frameSamples) frames. */
  tokenize(samples: Float32Array, tokens?: number): Tokens;
  /** frames * frameSamples - delay samples. */
  detokenize(tokens: Tokens): Float32Array;
  /** Ends it and its streams; their memory goes with it. */
  free(): void;
}

export class Encoder {
  private constructor();
  readonly ready: Promise<void>;
  /** What the decoder has to know. */
  readonly format: Format;
  /** Any number of samples; the packets that are ready. The chunks make no difference. */
  push(samples: Float32Array): Uint8Array[];
  /** The end of the sound: what is left, and what the decoder's delay needs. */
  flush(): Uint8Array[];
  /** From the next packet on, and so setTokens(); neither with an effort. */
  setBitrate(bitrate: number): void;
  setTokens(tokens: number): void;
  free(): void;
}

export class Decoder {
  private constructor();
  readonly ready: Promise<void>;
  readonly format: Format;
  /**
   * The sound of a packet, 320 samples a frame; null: it was lost, and `format.frames` frames are concealed. Throws `packet`
   * for damaged bytes: push(null) then. Packets of other frames than agreed are decoded, too: see codec.packetFrames().
   */
  push(packet: Uint8Array | null): Float32Array;
  /** The same; damaged packets are concealed and reported in `errors`. */
  decodeFrame(packet: Uint8Array | null): DecodedAudio;
  decodeFrames(packets: (Uint8Array | null)[]): DecodedAudio;
  /** Lost frames, 0 .. 3000; default `format.frames`. */
  conceal(frames?: number): Float32Array;
  /** As fresh. */
  reset(): void;
  free(): void;
}

// The same in a Worker of its own (quaver-worker.js): every call gives a Promise. Arguments are copied, results are moved.

type Async<T> = T extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;

export interface RemoteEncoder {
  readonly ready: Promise<void>;
  readonly format: Format;
  push: Async<Encoder['push']>;
  flush: Async<Encoder['flush']>;
  setBitrate: Async<Encoder['setBitrate']>;
  setTokens: Async<Encoder['setTokens']>;
  free(): Promise<void>;
}

export interface RemoteDecoder {
  readonly ready: Promise<void>;
  readonly format: Format;
  push: Async<Decoder['push']>;
  decodeFrame: Async<Decoder['decodeFrame']>;
  decodeFrames: Async<Decoder['decodeFrames']>;
  conceal: Async<Decoder['conceal']>;
  reset: Async<Decoder['reset']>;
  free(): Promise<void>;
}

export class QuaverWorker {
  private constructor();
  static load(options?: LoadOptions): Promise<QuaverWorker>;
  readonly ready: Promise<void>;
  readonly version: string;
  readonly identity: string;
  readonly metadata: Record<string, string>;
  readonly sampleRate: number;
  readonly frameSamples: number;
  readonly groups: number;
  readonly codes: number;
  readonly delay: number;
  readonly runIn: number;
  encoder(options?: EncoderOptions): Promise<RemoteEncoder>;
  decoder(options?: { format?: Format; skip?: number }): Promise<RemoteDecoder>;
  tokensForBitrate: Async<Quaver['tokensForBitrate']>;
  expectedBitrate: Async<Quaver['expectedBitrate']>;
  packetFrames: Async<Quaver['packetFrames']>;
  unpack: Async<Quaver['unpack']>;
  pack: Async<Quaver['pack']>;
  encode: Async<Quaver['encode']>;
  decode: Async<Quaver['decode']>;
  tokenize: Async<Quaver['tokenize']>;
  detokenize: Async<Quaver['detokenize']>;
  /** Ends the worker; calls that wait are rejected. */
  free(): Promise<void>;
}
