// What the package throws.

export class QuaverError extends Error {
  constructor(code, message, options) {
    super(message, options);
    this.name = 'QuaverError';
    this.code = code;
  }
}

export const wrong = (message) => new QuaverError('argument', message);
export const outOfMemory = () => new QuaverError('memory', 'memory is short');
