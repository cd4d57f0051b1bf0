// What the scripts of the pages share. They run by themselves and post what they found.
export const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
export const floats = async (path) => new Float32Array((await bytes(path)).buffer);
export const same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);

export async function post(run) {
  const failures = [];
  const found = { failures };
  const check = (ok, what) => ok || failures.push(what);
  try {
    await run(check, found);
  } catch (error) {
    found.error = error.stack;
  }
  await fetch('/', { method: 'POST', body: JSON.stringify(found) });
}
