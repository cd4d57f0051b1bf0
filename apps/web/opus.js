// Opus, to compare with. libopus of the npm package libopus-wasm lies in the folder opus/, if it was put there.

const RATE = 16000, FRAME = 320;

/**
 * @param {number} bitrate bits a second
 * @returns {Promise<{delay: number, code: (frame: Float32Array, lost: boolean) => {samples: Float32Array, bytes: number}}>}
 *   delay: samples by which what comes out is late
 */
export async function openOpus(bitrate) {
  const {Application, createDecoder, createEncoder} = await import('./opus/index.js');
  const encoder = await createEncoder(
      {sampleRate: RATE, channels: 1, application: Application.Voip, frameSize: FRAME, bitrate, complexity: 10});
  const decoder = await createDecoder({sampleRate: RATE, channels: 1, maxFrameSize: FRAME});
  return {
    delay: encoder.getLookahead(),
    code(frame, lost) {
      const packet = encoder.encodeFloat(frame);
      return {samples: decoder.decodeFloat(lost ? null : packet, {frameSize: FRAME, maxFrameSize: FRAME}), bytes: packet.length};
    },
    free() {
      encoder.free();
      decoder.free();
    },
  };
}
