// Runs the codecs. Sound comes from the microphone's worklet or from a sound that the page sent, and goes to the playback
// worklet, both over ports of their own, so that a busy page does not disturb it.

import {openOpus} from './opus.js';
import {Quaver} from './quaver/quaver.js';
import {Session} from './session.js';

const OPUS_RATES = [6000, 12000];

let codec = null;
let session = null;

const describe = error => error instanceof Error ? error.message : String(error);
const fail = error => postMessage({type: 'error', message: describe(error)});

const openAll = async () => {
  try {
    return await Promise.all(OPUS_RATES.map(openOpus));
  } catch {
    return [];  // the page was put together without it
  }
};

const requests = {
  async load() {
    const progress = (loaded, total) => postMessage({type: 'progress', loaded, total});
    codec = await Quaver.load({progress});
    const opus = await openAll();
    for (const one of opus) one.free();
    const rates = Array.from({length: codec.groups}, (_, i) => codec.expectedBitrate(i + 1, 1));
    postMessage({type: 'loaded', opus: opus.length > 0, rates, groups: codec.groups, codes: codec.codes, delay: codec.delay,
      initial: codec.tokensForBitrate(3000, 1), version: codec.version, identity: codec.identity});
  },
  async start(request) {
    session?.close();
    session = null;
    session = new Session({codec, opus: await openAll(), tell: message => postMessage(message), fail}, request);
    postMessage({type: 'started'});
  },
  set({settings}) { session?.set(settings); },
  hear({heard}) { session?.hear(heard); },
  repeat({repeat}) { session?.repeat(repeat); },
  recording() { postMessage({type: 'recording', ...(session?.recording() ?? {input: null, heard: null})}); },
};

// One after the other: a start waits for the load.
let queue = Promise.resolve();
onmessage = ({data}) => { queue = queue.then(() => requests[data.type](data)).catch(fail); };
