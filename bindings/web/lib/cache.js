// The browser's Cache, where there is one and it may be used: not in Node, and not on pages that are not secure.
const NAME = 'quaver';

// Bytes, or undefined.
export async function kept(url) {
  try {
    const response = await (await caches.open(NAME)).match(url);
    return response && new Uint8Array(await response.arrayBuffer());
  } catch {
    return undefined; // without it everything works all the same
  }
}

export async function keep(url, bytes) {
  try {
    await (await caches.open(NAME)).put(url, new Response(bytes, { headers: { 'content-type': 'application/octet-stream' } }));
  } catch {
    // No cache, or the quota.
  }
}

// Loads at the same time, in other tabs and workers too, do `work` one after the other, so that one fetches for all.
export async function alone(url, work) {
  let begun = false;
  try {
    return await navigator.locks.request(`${NAME} ${url}`, () => {
      begun = true;
      return work();
    });
  } catch (error) {
    if (begun) throw error;
    return work(); // no locks here
  }
}
