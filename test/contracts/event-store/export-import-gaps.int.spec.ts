import { expect, it } from 'vitest';
import { feedCommand, runCommand } from './command-line.js';
import type { Place } from './portable-events.js';
import { event, eventsIn, exported, fileOf, freshServer, imported, numbered } from './portable-events.js';
import { collect, describeOurs, errorOf, newEvents } from './server-under-test.js';

/** Numbers that the file has no event for. */
describeOurs('gaps', () => {
  async function readable({ client }: Place, stream: string) {
    return (await collect(client.readStream(stream))).map(({ event: read }) => [Number(read!.revision), read!.id]);
  }

  it('fills the missing beginning of a stream, so that the others keep their numbers, and hides it', async () => {
    const target = await freshServer();
    const events = numbered('a', 3, 2_500);
    const kept = events.map(({ revision, id }) => [revision, id]);
    expect(await imported(target, fileOf(events))).toMatchObject({ lines: 3, imported: 3, written: 3, filled: 2_500 });
    expect((await target.client.getStreamMetadata('a')).metadata).toEqual({ truncateBefore: 2_500 });
    const all = eventsIn(await exported(target, '--all'));
    expect(all.filter(({ type }) => type === '$gap')).toHaveLength(2_500);
    expect((await readable(target, 'a')).slice(-3)).toEqual(kept);
    expect(await imported(target, fileOf(events))).toMatchObject({ imported: 3, written: 0, filled: 0 });
    expect(eventsIn(await exported(target, '--all'))).toEqual(all);
  });

  it('hides what an import filled that did not come to its end', async () => {
    const target = await freshServer();
    const file = fileOf(numbered('a', 2, 3));
    const { code } = await feedCommand(['import', '--url', target.url], `${file}broken\n`);
    expect(code).toBe(1);
    expect((await target.client.getStreamMetadata('a')).metadata).toBeUndefined();
    expect(await imported(target, file)).toMatchObject({ imported: 2, written: 0, filled: 0 });
    expect((await target.client.getStreamMetadata('a')).metadata).toEqual({ truncateBefore: 3 });
  });

  it('keeps the metadata that the stream has', async () => {
    const target = await freshServer();
    const metadata = event('$$a', 4, { type: '$metadata', data: Buffer.from('{"$maxAge":1000,"note":"mine"}') });
    const events = [event('a', 2), metadata, event('a', 3)];
    expect(await imported(target, fileOf(events))).toMatchObject({ imported: 3, written: 3, filled: 6 });
    expect((await target.client.getStreamMetadata('a')).metadata).toEqual({
      maxAge: 1000,
      note: 'mine',
      truncateBefore: 2,
    });
  });

  it('fills a hole in the middle, in its place', async () => {
    const target = await freshServer();
    const [first, hole, last] = numbered('a', 3);
    await imported(target, fileOf([first!, last!, ...numbered('b', 2)]));
    const all = eventsIn(await exported(target, '--all'));
    expect(all.map(({ stream, revision, type }) => [stream, revision, type])).toEqual([
      ['a', 0, 'tested'],
      ['a', hole!.revision, '$gap'],
      ['a', 2, 'tested'],
      ['b', 0, 'tested'],
      ['b', 1, 'tested'],
    ]);
    expect((await target.client.getStreamMetadata('a')).metadata).toBeUndefined();
  });
});

describeOurs('deleted streams', () => {
  /** What there is to see of a log: who is deleted, and what can still be read. */
  async function view(place: Place) {
    const all = eventsIn(await exported(place, '--all'));
    return all.map(({ stream, revision, type, id, data }) => ({
      stream,
      revision,
      type,
      // What the server writes by itself when a stream is deleted for good gets another id.
      ...(revision !== undefined && { id, data: data.toString() }),
    }));
  }

  it('stay deleted, and come back as they did', async () => {
    const [source, target] = [await freshServer(), await freshServer()];
    const { client } = source;
    for (const stream of ['gone', 'soft', 'back', 'meta']) await client.appendToStream(stream, newEvents(3));
    await client.tombstoneStream('gone');
    for (const stream of ['soft', 'back', 'meta']) await client.deleteStream(stream);
    // Both make the server write metadata of its own.
    await client.appendToStream('back', newEvents(2));
    await client.setStreamMetadata('meta', { note: 'mine' });
    await client.appendToStream('meta', newEvents(1));
    const file = await exported(source, '--all');
    const summary = await imported(target, file);
    expect(summary).toMatchObject({ imported: eventsIn(file).length, filled: 0 });

    expect(await errorOf(collect(target.client.readStream('gone')))).toMatchObject({ type: 'stream-deleted' });
    expect(await errorOf(collect(target.client.readStream('soft')))).toMatchObject({ type: 'stream-not-found' });
    for (const stream of ['back', 'meta']) {
      const numbers = async ({ client: reader }: Place) =>
        (await collect(reader.readStream(stream))).map(({ event: read }) => [read!.revision, read!.id]);
      expect(await numbers(target)).toEqual(await numbers(source));
      expect(await target.client.getStreamMetadata(stream)).toMatchObject({
        metadata: (await client.getStreamMetadata(stream)).metadata,
      });
    }
    const seen = await view(target);
    expect(seen.filter(({ type }) => type !== '$metadata')).toEqual(
      (await view(source)).filter(({ type }) => type !== '$metadata'),
    );
    expect(await imported(target, file)).toMatchObject({ ...summary, written: 0 });
    expect(await view(target)).toEqual(seen);
  });

  it('are named when the file does not delete them', async () => {
    const target = await freshServer();
    await target.client.tombstoneStream('gone');
    const { code, stderr } = await feedCommand(
      ['import', '--url', target.url],
      fileOf([...numbered('other', 1), ...numbered('gone', 2)]),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Line 2: Stream gone is deleted for good there, and this file does not delete it\.$/m);
  });
});

describeOurs('a scavenged log', () => {
  it('reads the same where it is moved to', async () => {
    const [source, target] = [await freshServer(), await freshServer()];
    const { client } = source;
    await client.setStreamMetadata('kept', { maxCount: 2 });
    for (const stream of ['kept', 'soft', 'gone']) await client.appendToStream(stream, newEvents(5));
    await client.setStreamMetadata('kept', { maxCount: 2, note: 'mine' });
    await client.deleteStream('soft');
    await client.tombstoneStream('gone');
    expect(await runCommand('scavenge', '--url', source.url)).toMatchObject({ code: 0 });
    const file = await exported(source, '--all');
    const numbers = eventsIn(file).map(({ stream, revision }) => `${stream} ${revision}`);
    expect(numbers.filter((name) => !name.includes('$scavenges-'))).toEqual([
      'kept 3',
      'kept 4',
      'soft 4',
      '$$kept 1',
      '$$soft 0',
      'gone undefined',
    ]);

    expect(await imported(target, file)).toMatchObject({ imported: 6, written: 6, leftOut: 3, filled: 3 + 4 + 1 });
    const read = async ({ client: reader }: Place) =>
      (await collect(reader.readStream('kept'))).map(({ event: kept }) => [kept!.revision, kept!.id, kept!.data]);
    expect(await read(target)).toEqual(await read(source));
    expect((await target.client.getStreamMetadata('kept')).metadata).toEqual({ maxCount: 2, note: 'mine' });
    expect(await errorOf(collect(target.client.readStream('soft')))).toMatchObject({ type: 'stream-not-found' });
    expect(await errorOf(collect(target.client.readStream('gone')))).toMatchObject({ type: 'stream-deleted' });
    expect(await imported(target, file)).toMatchObject({ imported: 6, written: 0, filled: 0 });
  });
});
