// Calls to quaver-worker.js, in a Worker of their own. In Node a worker without calls keeps the process no longer.
import { QuaverError, wrong } from './errors.js';

const ended = (why) => new QuaverError('state', `the worker ended: ${why}`);

export class Remote {
  #worker;
  #calls = new Map();
  #last = 0;
  #why;

  static async start() {
    const remote = new Remote();
    try {
      if (typeof Worker !== 'undefined') remote.#startHere();
      else await remote.#startInNode();
    } catch (error) {
      throw new QuaverError('unsupported', `the worker cannot be started: ${error.message}`, { cause: error });
    }
    return remote;
  }
  #startHere() {
    this.#worker = new Worker(new URL('../quaver-worker.js', import.meta.url), { type: 'module' });
    this.#worker.onmessage = ({ data }) => this.#answer(data);
    this.#worker.onerror = ({ message }) => this.#lose(ended(message ?? 'its script could not be loaded'));
  }
  async #startInNode() {
    const [threads, script] = ['node:worker_threads', '../quaver-worker.js']; // not seen by bundlers
    const { Worker: NodeWorker } = await import(/* @vite-ignore */ /* webpackIgnore: true */ threads);
    // `node --input-type=module -e ...` hands this option on, and no script that is a file may have it.
    const execArgv = process.execArgv.filter((option) => !option.startsWith('--input-type'));
    this.#worker = new NodeWorker(new URL(script, import.meta.url), { execArgv });
    this.#worker.on('message', (message) => this.#answer(message));
    this.#worker.on('error', (error) => this.#lose(ended(error.message)));
    this.#worker.unref();
  }
  // `progress` is called as the worker says.
  call(target, method, args, progress) {
    if (this.#why) return Promise.reject(this.#why);
    return new Promise((resolve, reject) => {
      const id = ++this.#last;
      try {
        this.#worker.postMessage({ id, target, method, args });
      } catch (error) {
        reject(wrong(`cannot be sent to a worker: ${error.message}`));
        return;
      }
      if (this.#calls.size === 0) this.#worker.ref?.();
      this.#calls.set(id, { resolve, reject, progress });
    });
  }
  #answer({ id, result, error, progress }) {
    const call = this.#calls.get(id);
    if (progress) return call?.progress?.(...progress);
    this.#calls.delete(id);
    if (this.#calls.size === 0) this.#worker.unref?.();
    if (error) call?.reject(new QuaverError(error.code, error.message));
    else call?.resolve(result);
  }
  #lose(why) {
    this.#why ??= why;
    for (const call of this.#calls.values()) call.reject(why);
    this.#calls.clear();
  }
  end() {
    this.#lose(new QuaverError('state', 'used after free()'));
    this.#worker.terminate();
  }
}
