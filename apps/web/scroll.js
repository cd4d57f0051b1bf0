/** A picture whose columns come one after the other at the right and move to the left. */
export class ScrollingPicture {
  #canvas;
  #context;
  #columns = [];  // that wait to be drawn
  #rows;
  #step;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {number} rows pixels of a column
   * @param {number} step CSS pixels that a column is wide
   */
  constructor(canvas, rows, step) {
    this.#canvas = canvas;
    this.#rows = rows;
    this.#step = step;
    canvas.height = rows;
    this.#context = canvas.getContext('2d', {alpha: false, willReadFrequently: false});
    this.#fit();
    new ResizeObserver(() => this.#fit()).observe(canvas);
  }

  /** @param {Uint8ClampedArray} column RGBA of each row, from the top */
  push(column) {
    this.#columns.push(column);
    if (this.#columns.length > this.#canvas.width) this.#columns.shift();
  }

  /** Call it once for each picture of the screen. */
  draw() {
    const count = this.#columns.length, {width} = this.#canvas;
    if (count === 0) return;
    const image = new ImageData(count, this.#rows);
    for (const [x, column] of this.#columns.entries()) {
      for (let y = 0; y < this.#rows; y++) image.data.set(column.subarray(4 * y, 4 * y + 4), 4 * (y * count + x));
    }
    this.#columns = [];
    this.#context.drawImage(this.#canvas, -count, 0);
    this.#context.putImageData(image, width - count, 0);
  }

  clear() {
    this.#columns = [];
    this.#context.fillStyle = '#000004';
    this.#context.fillRect(0, 0, this.#canvas.width, this.#rows);
  }

  #fit() {
    const width = Math.max(1, Math.round(this.#canvas.clientWidth / this.#step));
    if (width === this.#canvas.width) return;
    const old = new OffscreenCanvas(this.#canvas.width, this.#rows);
    old.getContext('2d').drawImage(this.#canvas, 0, 0);
    this.#canvas.width = width;
    this.clear();
    this.#context.drawImage(old, width - old.width, 0);
  }
}
