// What the page needs of a browser, and words for what is missing.

/** A module whose only function uses a 128-bit vector. */
const SIMD = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11);

/** @returns {string | null} what to tell the visitor, if this browser cannot run the codec */
export function browserProblem(scope = self) {
  if (!scope.WebAssembly) return 'This browser does not run WebAssembly, which the codec is compiled to, or it is switched off.';
  if (!scope.WebAssembly.validate(SIMD)) {
    return 'The codec needs WebAssembly with SIMD (vector instructions), which this browser does not have. ' +
        'Chrome and Edge have it from version 91 on, Firefox from 89, Safari from 16.4.';
  }
  if (scope.isSecureContext === false) {
    return 'Browsers give sound and microphone only to pages from https or from this computer (http://localhost). ' +
        'Open the page under such an address.';
  }
  if (!scope.AudioWorkletNode) return 'This browser has no AudioWorklet, with which the page plays sound. A newer version has it.';
  return null;
}

/**
 * @param {DOMException} error of getUserMedia
 * @returns {string}
 */
export function microphoneProblem(error) {
  switch (error && error.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'The microphone was not allowed. Allow it for this page in the browser’s address bar or settings and press ' +
          '“Microphone” again; the samples and your own files play without it.';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'There is no microphone. Connect one and press “Microphone” again; the samples and your own files play without it.';
    case 'NotReadableError':
    case 'AbortError':
      return 'The microphone cannot be opened; perhaps another program uses it.';
    default:
      return `The microphone cannot be opened: ${error && error.message || error}.`;
  }
}
