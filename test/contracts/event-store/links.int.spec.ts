import { binaryEvent, streamNameFilter } from '@eventstore/db-client';
import type { AllStreamResolvedEvent, ResolvedEvent } from '@eventstore/db-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { collect, newEvents, newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();
const resolveLinkTos = true;

const linkTo = (text: string) => binaryEvent({ type: '$>', data: Buffer.from(text) });

/** A stream of links with these texts. */
async function linksTo(...texts: string[]): Promise<string> {
  const stream = newStream('links');
  await server.client.appendToStream(stream, texts.map(linkTo));
  return stream;
}

/** What an event looks like to a reader: `<number>@<stream>` of link and event. */
function shape({ event, link }: ResolvedEvent | AllStreamResolvedEvent) {
  const place = (of: typeof event) => of && `${of.revision}@${of.streamId}`;
  return { event: place(event), link: place(link) };
}

async function read(stream: string) {
  return (await collect(server.client.readStream(stream, { resolveLinkTos }))).map(shape);
}

describe('a link', () => {
  let target: string;
  let links: string;
  beforeAll(async () => {
    target = newStream('target@with-at');
    await server.client.appendToStream(target, newEvents(3));
    links = await linksTo(`2@${target}`, `0@${target}`);
  });

  it('gives its target and itself', async () => {
    const [first] = await collect(server.client.readStream(links, { resolveLinkTos }));
    expect(shape(first!)).toEqual({ event: `2@${target}`, link: `0@${links}` });
    expect(first!.event).toMatchObject({ type: 'tested', data: { index: 2 } });
    expect(first!.link!.type).toBe('$>');
    expect(first!.commitPosition).toBe(first!.link!.position!.commit);
    expect(first!.event!.position!.commit).toBeLessThan(first!.commitPosition!);
  });

  it('is an event of its own unless it is to be resolved', async () => {
    expect((await collect(server.client.readStream(links))).map(shape)).toEqual([
      { event: `0@${links}`, link: undefined },
      { event: `1@${links}`, link: undefined },
    ]);
  });

  const resolved = () => [
    { event: `2@${target}`, link: `0@${links}` },
    { event: `0@${target}`, link: `1@${links}` },
  ];

  it('is resolved in backward reads', async () => {
    const options = { resolveLinkTos, direction: 'backwards', fromRevision: 'end' } as const;
    expect((await collect(server.client.readStream(links, options))).map(shape)).toEqual(resolved().toReversed());
  });

  it('is resolved in reads of $all', async () => {
    const all = await collect(server.client.readAll({ resolveLinkTos }));
    expect(all.filter(({ link }) => link?.streamId === links).map(shape)).toEqual(resolved());
    const backwards = { resolveLinkTos, direction: 'backwards', fromPosition: 'end' } as const;
    const newestFirst = await collect(server.client.readAll(backwards));
    expect(newestFirst.filter(({ link }) => link?.streamId === links).map(shape)).toEqual(resolved().toReversed());
  });

  it('is resolved in subscriptions, in history and live', async () => {
    const seen: Record<'stream' | 'all', unknown[]> = { stream: [], all: [] };
    const ofStream = server.client
      .subscribeToStream(links, { resolveLinkTos })
      .on('data', (event) => seen.stream.push(shape(event)));
    const ofAll = server.client.subscribeToAll({ resolveLinkTos }).on('data', (event) => {
      if (event.link?.streamId === links) seen.all.push(shape(event));
    });
    await eventually(() => expect(seen).toEqual({ stream: resolved(), all: resolved() }));
    await server.client.appendToStream(links, linkTo(`1@${target}`));
    const live = { event: `1@${target}`, link: `2@${links}` };
    await eventually(() => expect(seen).toEqual({ stream: [...resolved(), live], all: [...resolved(), live] }));
    await Promise.all([ofStream.unsubscribe(), ofAll.unsubscribe()]);
  });

  it('is what a filter looks at, not its target', async () => {
    const seen: unknown[] = [];
    const byLinks = server.client.subscribeToAll({ resolveLinkTos, filter: streamNameFilter({ prefixes: [links] }) });
    byLinks.on('data', (event) => seen.push(shape(event)));
    await eventually(() => expect(seen.slice(0, 2)).toEqual(resolved()));
    await byLinks.unsubscribe();
  });

  it('to a link gives the second link', async () => {
    const inner = await linksTo(`0@${target}`);
    const outer = await linksTo(`0@${inner}`);
    expect(await read(outer)).toEqual([{ event: `0@${inner}`, link: `0@${outer}` }]);
  });
});

describe('a link whose target cannot be read stands alone', () => {
  const alone = { event: undefined, hasLink: true };
  const target = async (text: string) => {
    const [only] = await read(await linksTo(text));
    return { event: only!.event, hasLink: only!.link !== undefined };
  };

  it('a missing stream', async () => {
    expect(await target(`0@${newStream()}`)).toEqual(alone);
  });

  it('a number beyond the end', async () => {
    const stream = newStream();
    await server.client.appendToStream(stream, newEvents(1));
    expect(await target(`1@${stream}`)).toEqual(alone);
    expect(await target(`99999999999999999999@${stream}`)).toEqual(alone);
  });

  it('an event that its stream’s metadata hides', async () => {
    const stream = newStream();
    await server.client.appendToStream(stream, newEvents(3));
    await server.client.setStreamMetadata(stream, { maxCount: 2 });
    expect(await target(`0@${stream}`)).toEqual(alone);
    expect(await target(`1@${stream}`)).toEqual({ event: `1@${stream}`, hasLink: true });
  });

  it('a stream that is deleted or tombstoned', async () => {
    const [deleted, tombstoned] = [newStream(), newStream()];
    for (const stream of [deleted, tombstoned]) await server.client.appendToStream(stream, newEvents(1));
    await server.client.deleteStream(deleted);
    await server.client.tombstoneStream(tombstoned);
    expect(await target(`0@${deleted}`)).toEqual(alone);
    expect(await target(`0@${tombstoned}`)).toEqual(alone);
  });
});

it.each(['', '@stream', 'text', 'text@stream', '1.5@stream'])(
  'a link without a number is an event like any other: %s',
  async (text) => {
    const links = await linksTo(text);
    expect(await read(links)).toEqual([{ event: `0@${links}`, link: undefined }]);
  },
);
