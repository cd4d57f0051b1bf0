// The weights: handed over, kept in the Cache, or fetched.
import { isBytes, octets } from './arguments.js';
import { keep, kept } from './cache.js';
import { checkedPlace, fetched, fileOf } from './fetch.js';

const beside = () => new URL('../speech-16k.safetensors', import.meta.url);

// What use(bytes) gives. What is kept, and is damaged or of another model than use() wants, is fetched again. Only what use()
// took is kept.
export async function withWeights({ weights, progress, cache = true }, use) {
  if (isBytes(weights)) return use(octets(weights));
  const where = checkedPlace(weights ?? beside(), 'weights');
  const url = cache && fileOf(where) === undefined ? String(where) : undefined;
  const old = url && (await kept(url));
  if (old) {
    progress?.(old.length, old.length);
    try {
      return await use(old);
    } catch (error) {
      if (error.code !== 'model') throw error;
    }
  }
  const bytes = await fetched(where, { progress, fresh: true });
  const result = await use(bytes);
  if (url) await keep(url, bytes);
  return result;
}
