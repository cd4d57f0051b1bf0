// Bytes from a URL; in Node from a file, too.
import { shown } from './arguments.js';
import { bytesOf } from './bytes.js';
import { QuaverError, wrong } from './errors.js';

// AudioWorklets cannot load.
export function needFetch(name) {
  if (typeof fetch === 'undefined' || typeof URL === 'undefined')
    throw new QuaverError('network', `${name}: there is no fetch() here; hand over the bytes and a compiled module`);
}

export function checkedPlace(where, name) {
  if (typeof where !== 'string' && !(where instanceof URL))
    throw wrong(`${name}: got ${shown(where)}, wanted a URL or bytes`);
  return where;
}

// In Node, whose fetch() knows no files: the path of one.
export function fileOf(where) {
  if (typeof process === 'undefined' || !process.versions?.node || process.type === 'renderer') return undefined;
  if (typeof where === 'string' && !/^[a-z][a-z0-9+.-]+:/i.test(where)) return where;
  const url = new URL(where);
  return url.protocol === 'file:' ? url : undefined;
}

// What a relative URL is relative to; throws when there is nothing.
export function addressOf(where) {
  try {
    return new URL(where, globalThis.location?.href).href;
  } catch {
    throw wrong(`weights: got ${shown(where)}, which is no URL here`);
  }
}

const failed = (where, error) => new QuaverError('network', `${where} could not be read: ${error.message}`, { cause: error });

// progress(loaded, total) is called as they come. `fresh`: the browser's HTTP cache asks the server whether it is up to date.
export async function fetched(where, { progress, fresh = false } = {}) {
  const path = fileOf(where);
  if (path !== undefined) return fromFile(path, progress);
  let response;
  try {
    response = await fetch(where, fresh ? { cache: 'no-cache' } : {});
  } catch (error) {
    throw failed(where, error);
  }
  if (!response.ok) throw new QuaverError('network', `${where}: ${response.status} ${response.statusText}`.trimEnd());
  return bodyOf(response, where, progress);
}

async function fromFile(path, progress) {
  const fs = 'node:fs/promises'; // not seen by bundlers
  let bytes;
  try {
    bytes = new Uint8Array(await (await import(/* @vite-ignore */ /* webpackIgnore: true */ fs)).readFile(path));
  } catch (error) {
    throw failed(path, error);
  }
  progress?.(bytes.length, bytes.length);
  return bytes;
}

async function bodyOf(response, where, progress) {
  // The length is that of the body unless it travels compressed.
  const length = response.headers.get('content-encoding') ? 0 : Number(response.headers.get('content-length'));
  const total = length > 0 ? length : undefined;
  const parts = [];
  let loaded = 0;
  const reader = response.body.getReader();
  for (;;) {
    let part;
    try {
      part = await reader.read();
    } catch (error) {
      throw failed(where, error);
    }
    if (part.done) return bytesOf(parts);
    parts.push(part.value);
    loaded += part.value.length;
    progress?.(loaded, total);
  }
}
