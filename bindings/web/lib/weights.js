// The weights: handed over, kept in the Cache, or fetched.
import { isBytes, octets } from './arguments.js';
import { alone, keep, kept } from './cache.js';
import { addressOf, checkedPlace, fetched, fileOf, needFetch } from './fetch.js';

const beside = () => new URL('../speech-16k.safetensors', import.meta.url);

// What use(bytes) gives. What is kept, and is damaged or of another model than use() wants, is fetched again. Only what use()
// took is kept.
export async function withWeights({ weights, progress, cache = true }, use) {
  if (isBytes(weights)) return use(octets(weights));
  needFetch('weights');
  const where = checkedPlace(weights ?? beside(), 'weights');
  if (!cache || fileOf(where) !== undefined) return use(await fetched(where, { progress }));
  const url = addressOf(where);
  const tryKept = async () => {
    const bytes = await kept(url);
    if (!bytes) return undefined;
    progress?.(bytes.length, bytes.length);
    try {
      return await use(bytes);
    } catch (error) {
      if (error.code !== 'model') throw error;
      return undefined;
    }
  };
  const fetchAndKeep = async () => {
    const bytes = await fetched(where, { progress, fresh: true });
    const result = await use(bytes);
    await keep(url, bytes);
    return result;
  };
  return (await tryKept()) ?? alone(url, async () => (await tryKept()) ?? fetchAndKeep());
}
