import {RAMP} from './colours.js';
import {ScrollingPicture} from './scroll.js';

const NONE = 65535;
const LOST = [[255, 255, 255, 255], [160, 32, 48, 255]];  // stripes

/** The tokens of each frame: a column for a frame, a row for a token, a colour for its value. */
export class TokenPicture {
  #picture;
  #groups;
  #codes;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {number} groups tokens of a frame at most
   * @param {number} codes values that a token can have
   */
  constructor(canvas, groups, codes) {
    this.#groups = groups;
    this.#codes = codes;
    this.#picture = new ScrollingPicture(canvas, groups, 2);
  }

  /**
   * @param {Uint16Array} tokens [groups], 65535 where the frame has none
   * @param {boolean} lost on the way
   */
  push(tokens, lost) {
    const column = new Uint8ClampedArray(4 * this.#groups);
    for (let group = 0; group < this.#groups; group++) {
      const token = tokens[group], there = token !== NONE && token !== undefined;
      // From a third of the ramp on: a token with the value 0 is no missing token.
      const colour = there ? [...RAMP[85 + Math.floor(170 * token / this.#codes)], 255] : [0, 0, 4, 255];
      column.set(lost && there ? LOST[group % 2] : colour, 4 * group);
    }
    this.#picture.push(column);
  }

  draw() { this.#picture.draw(); }
  clear() { this.#picture.clear(); }
}
