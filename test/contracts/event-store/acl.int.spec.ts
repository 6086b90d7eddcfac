import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { AccessDeniedError, ANY, binaryEvent, jsonEvent } from '@eventstore/db-client';
import type { EventStoreDBClient } from '@eventstore/db-client';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { identifierOf, openBatch, uuidOf } from './raw-calls.js';
import { callAs, describeSecure, UsersClient, useSecureServer } from './secure-server.js';
import { collect, errorOf, newEvent, newEvents, newStream } from './server-under-test.js';

const secure = useSecureServer();
/** Three users: without a group, with one, and with that of administrators. Their names are theirs alone: a real server keeps users. */
const suffix = randomUUID().slice(0, 8);
const [alice, bob, carol, staff] = [`alice-${suffix}`, `bob-${suffix}`, `carol-${suffix}`, `staff-${suffix}`];
const as = (login: string): EventStoreDBClient =>
  login === 'admin' || login === 'ops' ? secure.clientAs(`${login}:changeit`) : secure.clientAs(`${login}:secret`);

type Acl = Readonly<Partial<Record<'$r' | '$w' | '$d' | '$mr' | '$mw', string | string[]>>>;

/** A stream with an event and these rights. */
async function streamWith(acl: Acl | undefined, name = newStream()): Promise<string> {
  await secure.admin.appendToStream(name, newEvent());
  if (acl !== undefined) await secure.admin.appendToStream(`$$${name}`, metadataEvent({ $acl: acl }));
  return name;
}

const metadataEvent = (data: Record<string, unknown>) => jsonEvent({ type: '$metadata', data });

async function allows(attempt: Promise<unknown>): Promise<boolean> {
  try {
    await attempt;
    return true;
  } catch (error) {
    if (error instanceof AccessDeniedError) return false;
    throw error;
  }
}

const reads = (login: string, stream: string) => allows(collect(as(login).readStream(stream, { maxCount: 1 })));
const writes = (login: string, stream: string) => allows(as(login).appendToStream(stream, newEvents(1)));
const readsMetadata = (login: string, stream: string) => allows(as(login).getStreamMetadata(stream));
const writesMetadata = (login: string, stream: string) =>
  allows(as(login).appendToStream(`$$${stream}`, metadataEvent({ $acl: {} })));

describeSecure('what callers may', () => {
  let users: UsersClient;
  beforeAll(async () => {
    users = new UsersClient(secure);
    await users.create('admin:changeit', alice, 'secret');
    await users.create('admin:changeit', bob, 'secret', [staff]);
    await users.create('admin:changeit', carol, 'secret', ['$admins']);
  });
  afterAll(() => users.close());

  describe('with a stream that says nothing of rights', () => {
    it('is everything, for everybody whom the node knows', async () => {
      const stream = await streamWith(undefined);
      expect(await reads(alice, stream)).toBe(true);
      expect(await writes(alice, stream)).toBe(true);
      expect(await readsMetadata(alice, stream)).toBe(true);
      expect(await writesMetadata(alice, stream)).toBe(true);
    });

    it("is nothing, with a system's stream, but for administrators", async () => {
      const stream = await streamWith(undefined, `$test-${randomUUID()}`);
      for (const login of [alice, 'ops']) {
        expect(await reads(login, stream)).toBe(false);
        expect(await writes(login, stream)).toBe(false);
        expect(await readsMetadata(login, stream)).toBe(false);
        expect(await writesMetadata(login, stream)).toBe(false);
      }
      expect(await reads('admin', stream)).toBe(true);
      expect(await writes('admin', stream)).toBe(true);
    });

    it('is to delete it for everybody whom the node knows, and with a stream of the system for administrators', async () => {
      for (const remove of ['deleteStream', 'tombstoneStream'] as const) {
        expect(await allows(as(alice)[remove](await streamWith(undefined)))).toBe(true);
        const system = await streamWith(undefined, `$test-${randomUUID()}`);
        expect(await allows(as(alice)[remove](system))).toBe(false);
        expect(await allows(as('ops')[remove](system))).toBe(false);
        expect(await allows(as(carol)[remove](system))).toBe(true);
      }
    });

    it('is to read $all for administrators alone, and to write it for nobody', async () => {
      expect(await allows(collect(secure.admin.readAll({ maxCount: 1 })))).toBe(true);
      for (const login of [alice, 'ops']) {
        expect(await allows(collect(as(login).readAll({ maxCount: 1 })))).toBe(false);
        expect(await allows(once(as(login).subscribeToAll(), 'data'))).toBe(false);
      }
      expect(await writes('admin', '$all')).toBe(false);
    });

    it('is to read $all for those too whom its metadata names', async () => {
      const nameReaders = (acl: Acl) => secure.admin.appendToStream('$$$all', metadataEvent({ $acl: acl }));
      await nameReaders({ $r: ['$admins', alice] });
      expect(await allows(collect(as(alice).readAll({ maxCount: 1 })))).toBe(true);
      expect(await allows(collect(as(bob).readAll({ maxCount: 1 })))).toBe(false);
      await nameReaders({});
      expect(await allows(collect(as(alice).readAll({ maxCount: 1 })))).toBe(false);
    });

    it('is to write a stream without a name for nobody', async () => {
      expect(await writes('admin', '')).toBe(false);
    });
  });

  describe('with a stream that names its readers and writers', () => {
    it.each([
      { title: 'a user', roles: alice, may: [alice, 'admin'], mayNot: [bob, 'ops'] },
      { title: 'a group', roles: staff, may: [bob, 'admin'], mayNot: [alice, 'ops'] },
      { title: 'several', roles: [alice, '$ops'], may: [alice, 'ops', 'admin'], mayNot: [bob] },
      { title: 'everybody', roles: '$all', may: [alice, bob, 'ops', 'admin'], mayNot: [] },
      { title: 'nobody', roles: [], may: ['admin'], mayNot: [alice, bob, 'ops'] },
    ])('is theirs: $title', async ({ roles, may, mayNot }) => {
      const stream = await streamWith({ $r: roles, $w: roles, $mr: roles, $mw: roles });
      for (const login of mayNot) {
        expect(await reads(login, stream)).toBe(false);
        expect(await writes(login, stream)).toBe(false);
        expect(await readsMetadata(login, stream)).toBe(false);
        expect(await writesMetadata(login, stream)).toBe(false);
      }
      for (const login of may) {
        expect(await reads(login, stream)).toBe(true);
        expect(await writes(login, stream)).toBe(true);
        expect(await readsMetadata(login, stream)).toBe(true);
      }
    });

    it('is decided part by part: what is left out stays open', async () => {
      const stream = await streamWith({ $w: [] });
      expect(await reads(alice, stream)).toBe(true);
      expect(await writes(alice, stream)).toBe(false);
      expect(await writesMetadata(alice, stream)).toBe(true);
      // Alice has just lifted it.
      expect(await writes(alice, stream)).toBe(true);
    });

    it('counts for a stream of the system too', async () => {
      const stream = await streamWith({ $r: alice }, `$test-${randomUUID()}`);
      expect(await reads(alice, stream)).toBe(true);
      expect(await reads(bob, stream)).toBe(false);
      expect(await writes(alice, stream)).toBe(false);
    });

    it.each([
      { title: 'a part is no text', acl: { $r: 5 } },
      { title: 'it is no object', acl: 'admin' },
    ])('does not count when $title', async ({ acl }) => {
      const stream = newStream();
      await secure.admin.appendToStream(stream, newEvent());
      await secure.admin.appendToStream(`$$${stream}`, metadataEvent({ $acl: acl, $r: [] }));
      expect(await reads(alice, stream)).toBe(true);
    });
  });

  it('is everything for whoever is in the group of administrators, as for admin', async () => {
    const closed = await streamWith({ $r: [], $w: [], $d: [], $mr: [], $mw: [] });
    expect(await reads(carol, closed)).toBe(true);
    expect(await writes(carol, closed)).toBe(true);
    expect(await readsMetadata(carol, closed)).toBe(true);
    expect(await allows(collect(as(carol).readAll({ maxCount: 1 })))).toBe(true);
    expect(await allows(as(carol).deleteStream(closed))).toBe(true);
    expect(await users.details(`${carol}:secret`, alice)).toMatchObject([{ loginName: alice }]);
  });

  it('is not asked of what links lead to', async () => {
    const target = await streamWith({ $r: [] });
    const links = newStream();
    await secure.admin.appendToStream(links, binaryEvent({ type: '$>', data: Buffer.from(`0@${target}`) }));
    expect(await reads(alice, target)).toBe(false);
    const [link] = await collect(as(alice).readStream(links, { resolveLinkTos: true }));
    expect(link!.event).toMatchObject({ streamId: target, revision: 0n });
  });

  it('is to delete a stream for those whom it names', async () => {
    for (const remove of ['deleteStream', 'tombstoneStream'] as const) {
      const stream = await streamWith({ $d: staff });
      expect(await allows(as(alice)[remove](stream))).toBe(false);
      expect(await allows(as(bob)[remove](stream))).toBe(true);
      expect(await allows(as('admin')[remove](await streamWith({ $d: [] })))).toBe(true);
    }
  });

  it('is to delete $all and metadata for nobody', async () => {
    const stream = await streamWith({ $d: '$all', $mw: '$all' });
    for (const remove of ['deleteStream', 'tombstoneStream'] as const) {
      expect(await allows(secure.admin[remove](`$$${stream}`))).toBe(false);
      expect(await allows(secure.admin[remove]('$all'))).toBe(false);
    }
  });

  it('is forgotten by a soft delete together with all other metadata', async () => {
    const stream = await streamWith({ $r: [], $w: [] });
    expect(await writes(alice, stream)).toBe(false);
    await secure.admin.deleteStream(stream);
    expect(await writes(alice, stream)).toBe(true);
    expect(await reads(alice, stream)).toBe(true);
  });

  it('is told in a batch by the detail that clients look for, each append for itself', async () => {
    const closed = await streamWith({ $w: [] });
    const client = new streamsGrpc.StreamsClient(secure.host, secure.channel);
    const batch = openBatch(client, callAs(`${alice}:secret`));
    const request = (stream: string) =>
      new streams.BatchAppendReq()
        .setCorrelationId(uuidOf(randomUUID()))
        .setOptions(
          new streams.BatchAppendReq.Options().setStreamIdentifier(identifierOf(stream)).setAny(new emptyPb.Empty()),
        )
        .setIsFinal(true);
    batch.send(request(closed));
    batch.send(request(newStream()));
    await eventually(() => expect(batch.responses).toHaveLength(2));
    const denied = batch.responses.find((response) => response.hasError())!;
    expect(denied.getError()!.getCode()).toBe(status.PERMISSION_DENIED);
    expect(denied.getError()!.getMessage()).toBe('AccessDenied');
    expect(denied.getError()!.getDetails()!.getTypeUrl()).toBe('type.googleapis.com/event_store.client.AccessDenied');
    expect(Buffer.from(denied.getStreamIdentifier()!.getStreamName_asU8()).toString()).toBe(closed);
    expect(batch.responses.filter((response) => response.hasSuccess())).toHaveLength(1);
    batch.cancel();
    client.close();
  });

  it('is told as an error with its code: of reads, and of appends with credentials of their own', async () => {
    const closed = await streamWith({ $r: [], $w: [] });
    const denied = { code: status.PERMISSION_DENIED, message: '7 PERMISSION_DENIED: Access Denied' };
    expect(await errorOf(collect(as(alice).readStream(closed)))).toMatchObject(denied);
    const credentials = { username: alice, password: 'secret' };
    expect(await errorOf(secure.admin.appendToStream(closed, newEvents(1), { credentials }))).toMatchObject(denied);
  });

  it('is kept by a subscription that it had when it began', async () => {
    const stream = await streamWith(undefined);
    const subscription = as(alice).subscribeToStream(stream);
    const revisions: bigint[] = [];
    subscription.on('data', ({ event }) => event && revisions.push(event.revision)).on('error', () => undefined);
    await eventually(() => expect(revisions).toEqual([0n]));
    await secure.admin.appendToStream(`$$${stream}`, metadataEvent({ $acl: { $r: [] } }));
    expect(await reads(alice, stream)).toBe(false);
    await secure.admin.appendToStream(stream, newEvent());
    await eventually(() => expect(revisions).toEqual([0n, 1n]));
    await subscription.unsubscribe();
  });

  describe('as $settings have it', () => {
    const setDefaults = (data: Record<string, unknown>) =>
      secure.admin.appendToStream('$settings', jsonEvent({ type: '$settings', data }), { expectedRevision: ANY });
    afterAll(() => setDefaults({}));

    it('comes after what a stream says itself, and before what is built in', async () => {
      const open = await streamWith({ $r: alice });
      const silent = await streamWith(undefined);
      const system = await streamWith(undefined, `$test-${randomUUID()}`);
      await setDefaults({
        $userStreamAcl: { $r: staff, $w: staff },
        $systemStreamAcl: { $r: ['$admins', staff] },
      });
      expect([await reads(alice, open), await reads(bob, open)]).toEqual([true, false]);
      expect([await writes(alice, open), await writes(bob, open)]).toEqual([false, true]);
      expect([await reads(alice, silent), await reads(bob, silent)]).toEqual([false, true]);
      expect(await readsMetadata(alice, silent)).toBe(true);
      expect([await reads(alice, system), await reads(bob, system)]).toEqual([false, true]);
      expect(await writes(bob, system)).toBe(false);
      expect(await allows(collect(as(bob).readAll({ maxCount: 1 })))).toBe(true);
      await setDefaults({});
      expect([await reads(alice, silent), await reads(bob, system)]).toEqual([true, false]);
    });

    it('is gone with the stream', async () => {
      const stream = await streamWith(undefined);
      await setDefaults({ $userStreamAcl: { $r: [] } });
      expect(await reads(alice, stream)).toBe(false);
      await secure.admin.deleteStream('$settings');
      expect(await reads(alice, stream)).toBe(true);
    });

    it('does not count when a part is no text', async () => {
      const stream = await streamWith(undefined);
      await setDefaults({ $userStreamAcl: { $r: 5, $w: [] } });
      expect([await reads(alice, stream), await writes(alice, stream)]).toEqual([true, true]);
    });
  });
});
