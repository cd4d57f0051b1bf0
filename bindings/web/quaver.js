// Quaver in WebAssembly: quaver.d.ts says what each call takes and gives.
export { Quaver } from './lib/codec.js';
export { Decoder } from './lib/decoder.js';
export { Encoder } from './lib/encoder.js';
export { QuaverError } from './lib/errors.js';
export { QuaverWorker } from './lib/worker.js';
