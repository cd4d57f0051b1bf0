// Sound files to samples, with the browser's own decoders.

const RATE = 16000;
const LARGEST = 500e6;  // bytes

/**
 * @param {ArrayBuffer} bytes of a sound file
 * @param {string} name of the file, for the message if it cannot be read
 * @returns {Promise<Float32Array>} mono, 16 kHz
 */
export async function readSound(bytes, name) {
  if (bytes.byteLength > LARGEST) throw new Error(`${name}: larger than 500 MB. Use the program (quaver encode) for it.`);
  let sound;
  try {
    sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(bytes);
  } catch {
    throw new Error(`${name}: this browser cannot read it as sound. WAV, FLAC, MP3 and Ogg work in all browsers.`);
  }
  const samples = new Float32Array(sound.length);
  for (let channel = 0; channel < sound.numberOfChannels; channel++) {
    const data = sound.getChannelData(channel);
    for (let i = 0; i < samples.length; i++) samples[i] += data[i] / sound.numberOfChannels;
  }
  if (samples.length === 0) throw new Error(`${name}: there is no sound in it.`);
  return samples;
}

/** @param {string} url of a sound file of this page */
export async function fetchSound(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: cannot be loaded (${response.status} ${response.statusText}).`);
  return readSound(await response.arrayBuffer(), url.split('/').pop());
}
