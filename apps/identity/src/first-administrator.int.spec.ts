import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EventStoreUnavailable } from '#libs/event-sourcing/src/errors.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { emptyPlace, type Place, readSignIn, signIn, spawnMain, start, timeout } from './spec-identity-process.js';

const administratorId = stableId('first-administrator');
const credential = { id: stableId('credential', administratorId), version: 1 };

/** What was stored, but for the reservation of the mail address, which follows by itself. */
const stored = async ({ log }: Place) => (await log()).filter(({ type }) => !type.startsWith('reservation.'));
const types = async (place: Place): Promise<readonly string[]> => (await stored(place)).map(({ type }) => type);

describe('the first start', { timeout }, () => {
  it('writes the password to the file and nowhere else, and makes the administrator', async () => {
    const place = await emptyPlace();
    const identity = await start(place.env);
    const { email, password } = readSignIn(place.file);
    expect(email).toBe('admin@keiyaku.example');
    expect(statSync(place.file).mode & 0o777).toBe(0o600);
    expect(readdirSync(place.folder).toSorted()).toEqual(['clients.json', 'first-administrator.json']);

    const [event, added, ...others] = await stored(place);
    expect(others).toEqual([]);
    expect(added).toMatchObject({
      stream: 'administrators-all',
      type: 'administrator.added',
      data: { userId: administratorId },
    });
    expect(event).toMatchObject({
      stream: `user-${administratorId}`,
      type: 'user.created',
      data: { userId: administratorId, email, name: 'Administrator', role: 'ADMIN', credential },
      metadata: { actor: { id: 'system:first-start', role: 'SYSTEM' } },
    });
    expect(await place.query('select id, version, first_sign_in from credentials')).toEqual([
      { ...credential, first_sign_in: null },
    ]);
    const signedIn = await signIn(identity.url, { email, password });
    expect(signedIn.body.user).toMatchObject({ id: administratorId, role: 'ADMIN' });
    expect(identity.log()).toContain('The first administrator was made.');
    expect(identity.log()).not.toContain(password);
  });

  it('is not repeated', async () => {
    const place = await emptyPlace();
    const first = await start(place.env);
    const administrator = readSignIn(place.file);
    await first.stop();
    rmSync(place.file);

    const { url } = await start({ ...place.env, ADMINISTRATOR_EMAIL: 'other@keiyaku.example' });
    expect(existsSync(place.file)).toBe(false);
    expect(await stored(place)).toHaveLength(2);
    expect((await signIn(url, administrator)).status).toBe(200);
  });

  it('is not repeated when the first administrator was erased', async () => {
    const place = await emptyPlace();
    await (await start(place.env)).stop();
    rmSync(place.file);
    await place.query('delete from credentials');

    await start(place.env);
    expect(existsSync(place.file)).toBe(false);
    expect(await place.query('select 1 from credentials')).toEqual([]);
  });

  it('makes no administrator without a place for the password, and says how to get one', async () => {
    const place = await emptyPlace();
    const first = await start({ ...place.env, FIRST_ADMINISTRATOR_FILE: '' });
    expect(await place.log()).toEqual([]);
    expect(first.log()).toContain('Set FIRST_ADMINISTRATOR_FILE to the path of a file');
    await first.stop();

    const { url } = await start(place.env);
    expect((await signIn(url, readSignIn(place.file))).status).toBe(200);
  });

  it('makes one administrator and one signing key when two processes start at once', async () => {
    const place = await emptyPlace();
    const files = [place.file, join(place.folder, 'other.json')];
    const processes = files.map((file) => spawnMain({ ...place.env, FIRST_ADMINISTRATOR_FILE: file }));
    const urls = await Promise.all(processes.map(({ url }) => url()));
    const written = files.filter((file) => existsSync(file));
    expect(written.length).toBeGreaterThan(0);
    for (const file of written) {
      for (const url of urls) expect((await signIn(url, readSignIn(file))).status).toBe(200);
    }
    const made = (await types(place)).filter((type) => type !== 'user.login');
    expect(made).toEqual(['user.created', 'administrator.added']);
    const keySets = await Promise.all(
      urls.map(async (url) => (await fetch(`${url}/api/auth/.well-known/jwks.json`)).json()),
    );
    expect(keySets[0]).toMatchObject({ keys: [{ kty: 'EC' }] });
    expect(keySets[1]).toEqual(keySets[0]);
  });
});

describe('a first start that breaks off', { timeout }, () => {
  const missing = ({ folder }: Place) => ({ FIRST_ADMINISTRATOR_FILE: join(folder, 'missing', 'file.json') });

  it('before the file could be written is carried on', async () => {
    const place = await emptyPlace();
    await expect(start({ ...place.env, ...missing(place) })).rejects.toThrow(
      "FIRST_ADMINISTRATOR_FILE can't be written (ENOENT). Set it to a file in a folder that exists and is writable.",
    );
    expect(await place.log()).toEqual([]);

    const { url } = await start(place.env);
    expect((await signIn(url, readSignIn(place.file))).status).toBe(200);
  });

  it('before the event was stored is carried on with the password that was written', async () => {
    const place = await emptyPlace();
    const away = await startEventStoreServer();
    await away.stop();
    // Without a row the log is asked first whether there was an administrator before.
    await expect(start({ ...place.env, EVENTSTORE_URL: away.url })).rejects.toThrow(EventStoreUnavailable);
    expect(await place.query('select 1 from credentials')).toEqual([]);
    await expect(start({ ...place.env, ...missing(place) })).rejects.toThrow('ENOENT');
    await expect(start({ ...place.env, EVENTSTORE_URL: away.url })).rejects.toThrow(EventStoreUnavailable);
    const written = readSignIn(place.file);

    const { url } = await start({ ...place.env, ADMINISTRATOR_EMAIL: 'other@keiyaku.example' });
    expect(readSignIn(place.file)).toEqual(written);
    expect((await signIn(url, written)).status).toBe(200);
    expect(await types(place)).toEqual(['user.created', 'administrator.added', 'user.login']);
  });

  it.each<[string, (place: Place) => Promise<boolean>]>([
    ['the row is written', async ({ query }) => (await query('select 1 from credentials')).length > 0],
    ['the file is written', ({ file }) => Promise.resolve(existsSync(file))],
    ['the user is made', async ({ log }) => (await log()).length > 0],
    ['the user is an administrator', async ({ log }) => (await log()).length > 1],
  ])('because it is killed when %s leaves a password that works', async (_name, reached) => {
    const place = await emptyPlace();
    const { kill } = spawnMain(place.env);
    await eventually(async () => expect(await reached(place)).toBe(true), { timeoutMs: timeout });
    await kill();

    const { url } = await start(place.env);
    expect((await signIn(url, readSignIn(place.file))).status).toBe(200);
    expect(await types(place)).toEqual(['user.created', 'administrator.added', 'user.login']);
    expect(await place.query('select first_sign_in from credentials')).toEqual([{ first_sign_in: null }]);
  });
});

describe('settings', { timeout }, () => {
  it('that are missing end the start with one clear line', async () => {
    const place = await emptyPlace();
    const { exited, lines } = spawnMain({ ...place.env, SERVICE_CLIENTS_FILE: '' });
    expect(await exited).toBe(1);
    expect(lines).toContain(
      'SERVICE_CLIENTS_FILE is not set. Set it to the path of a JSON file with the machine clients.',
    );
  });

  it('name a mail that is none', async () => {
    const place = await emptyPlace();
    await expect(start({ ...place.env, ADMINISTRATOR_EMAIL: 'nobody' })).rejects.toThrow(
      'ADMINISTRATOR_EMAIL is not usable. Set it to a mail address.',
    );
  });

  it('say when the database was made with another key', async () => {
    const place = await emptyPlace();
    await (await start(place.env)).stop();
    const ENCRYPTION_KEY = randomBytes(32).toString('base64');
    await expect(start({ ...place.env, ENCRYPTION_KEY })).rejects.toThrow(
      /^The secret of subject-key:user:\S+ can't be opened\. Check that ENCRYPTION_KEY is the one it was stored with\.$/,
    );
  });
});
