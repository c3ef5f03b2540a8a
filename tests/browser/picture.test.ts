/** The picture in the README: two people on two relays, a few sentences. `LOWKEY_PICTURE` says where it goes. */
import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { Person } from './person.ts';
import { Relay } from './relay.ts';

test('two people talk, and it looks like this', async () => {
  const picture = process.env['LOWKEY_PICTURE'] ?? join(await mkdtemp(join(tmpdir(), 'lowkey-')), 'picture.png');
  const a = await Relay.start();
  const b = await Relay.start(a);
  const [ann, ben] = await Promise.all([Person.at(a), Person.at(b)]);
  try {
    const address = await ben.address();
    await ben.isFindable();
    await ann.add(address, 'Ben');
    await ann.writes('Hello Ben! You gave me nothing but a line of letters, and here we are.');
    await ann.mineAre('sentAwaitingAnswer');
    await ben.accept();
    await ben.writes('No account, no number, no server that knows us. Who carries this?');
    await ben.mineAre('delivered');
    await ann.writes('Two relays that cannot read it. I can switch one off, if you like.');
    await ann.mineAre('delivered');
    await ben.writes('Do. We would not notice.');
    await ben.mineAre('delivered');
    await ann.page.setViewport({ width: 1080, height: 640 });
    await ann.page.screenshot({ path: picture as `${string}.png` });
    expect((await stat(picture)).size).toBeGreaterThan(10_000);
  } finally {
    await Promise.all([ann.leave(), ben.leave()]);
    await Promise.all([a.end(), b.end()]);
  }
});
