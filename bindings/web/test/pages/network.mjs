import { Quaver, QuaverWorker } from '/quaver.js';
import { bytes, post } from './common.mjs';

const NAME = 'speech-16k.safetensors';
const address = (path) => new URL(path, location.href).href;

await post(async (check, found) => {
  const store = await caches.open('quaver');
  const own = address(`/${NAME}`);
  const put = async (path) => store.put(own, new Response(await bytes(path)));
  const refused = async (options, code, message) => {
    const error = await Quaver.load(options).then(() => undefined, (error) => error);
    check(error?.code === code && message.test(error.message), `${JSON.stringify(options)}: ${error}`);
  };

  const told = [];
  const { identity } = await Quaver.load({ progress: (...numbers) => told.push(numbers) });
  found.fetches = 1;
  check(told.length > 0 && told.at(-1)[0] === told.at(-1)[1], `progress: ${told.at(-1)}`);
  await Quaver.load();
  await (await QuaverWorker.load()).free();
  await put('/quaver.d.ts'); // damaged
  await Quaver.load();
  found.fetches = 2;
  await put('/conformance/tiny.safetensors'); // of another release
  check((await Quaver.load()).identity === identity, 'another model than that of the package');
  found.fetches = 3;
  await Quaver.load({ cache: false });
  found.fetches = 4;

  // Without the network: what is kept suffices, for a weights file of any name.
  const once = `/once/${NAME}`;
  await Quaver.load({ weights: once });
  await Quaver.load({ weights: once });
  await refused({ weights: once, cache: false }, 'network', /once.*404/);

  // What came but was not taken is not kept.
  await refused({ weights: '/pages/network.mjs' }, 'model', /./);
  await refused({ weights: `/cut/${NAME}` }, 'network', /cut.*could not be read/);
  for (const path of ['/pages/network.mjs', `/cut/${NAME}`]) check(!(await store.match(address(path))), `${path} is kept`);

  // At once, in this page and in workers.
  await caches.delete('quaver');
  const all = await Promise.all([0, 1, 2, 3].map((i) => (i % 2 ? QuaverWorker : Quaver).load({ weights: `/plain/${NAME}` })));
  check(all.every((codec) => codec.identity === identity), 'loads at once');
  all.forEach((codec) => codec.free());
  found.together = `/plain/${NAME}`;

  await Quaver.load({ wasm: '/plain/quaver.wasm' });
  found.fetches = 5; // the Cache was deleted
  await refused({ wasm: '/no/quaver.wasm' }, 'network', /no\/quaver\.wasm.*404/);
  await refused({ wasm: '/pages/network.mjs' }, 'unsupported', /compiled/);
  await refused({ wasm: '/cut/quaver.wasm' }, 'network', /cut/);
});
