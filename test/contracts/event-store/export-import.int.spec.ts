import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { END, START, binaryEvent, jsonEvent } from '@eventstore/db-client';
import { describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { feedCommand, runCommand, startCommand } from './command-line.js';
import { event, eventsIn, exported, fileOf, freshServer, imported, numbered } from './portable-events.js';
import { collect, describeOurs, newStream, useServerUnderTest } from './server-under-test.js';

describeOurs('the whole log from one server to another', () => {
  it('keeps ids, types, every byte, numbers and order', async () => {
    const bytes = (text: string): Buffer => Buffer.from(text);
    const events = [
      event('a', 0, { metadata: bytes('{"by":"x"}') }),
      event('b', 0, { isJson: false, data: randomBytes(100), metadata: randomBytes(20) }),
      event('日本-ü\u2028', 0, { type: 'ünï日本', data: bytes('{"text":"\u2028日本 😀"}') }),
      event('a', 1, { data: bytes('{"n": 12345678901234567890, "n": 1.0}') }),
      event('$$a', 0, { type: '$metadata', data: bytes('{"$maxCount":1}') }),
      event('a', 2, { data: bytes('not JSON at all') }),
      event('a', 3, { data: bytes('') }),
      event('b', 1, { data: bytes(JSON.stringify({ pad: 'x'.repeat(1_048_566) })) }),
      event('b', 2, { type: '$>', isJson: false, data: bytes('0@a') }),
    ];
    const [first, second] = [await freshServer(), await freshServer()];
    const summary = { lines: 9, imported: 9, written: 9, leftOut: 0, filled: 0 };
    expect(await imported(first, fileOf(events))).toEqual(summary);
    const file = await exported(first, '--all');
    expect(eventsIn(file)).toEqual(events);
    expect(await imported(second, file)).toEqual(summary);
    expect(eventsIn(await exported(second, '--all'))).toEqual(events);

    const [atEnd] = await collect(second.client.readStream('a', { fromRevision: END, direction: 'backwards' }));
    expect(atEnd!.event).toMatchObject({ revision: 3n, id: events[6]!.id });
    expect(await imported(second, file)).toEqual({ ...summary, written: 0 });
  });

  it('goes on after an import that was killed in the middle, without a loss or a double', async () => {
    const target = await freshServer();
    const events = Array.from({ length: 3_000 }, (_, index) => event(`s-${index % 45}`, Math.floor(index / 45)));
    const file = fileOf(events);
    const killed = startCommand(['import', '--url', target.url]);
    // Half a file that does not end: whatever is on its way is so at the time of the kill.
    killed.stdin.write(file.slice(0, file.length / 2));
    await eventually(async () => expect((await collect(target.client.readStream('s-0'))).length).toBeGreaterThan(2));
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const summary = await imported(target, file);
    expect(summary).toMatchObject({ lines: 3_000, imported: 3_000, filled: 0 });
    expect(summary['written']).toBeLessThan(3_000);
    expect(eventsIn(await exported(target, '--all'))).toEqual(events);
  });

  it('takes the metadata of streams along and leaves out system streams, unless they are asked for', async () => {
    const events = [
      event('a', 0),
      event('$$a', 0, { type: '$metadata', data: Buffer.from('{"$maxAge":1000}') }),
      event('$settings', 0, { type: '$settings' }),
      event('$$$settings', 0, { type: '$metadata' }),
      event('a', 1),
    ];
    const [without, withThem] = [await freshServer(), await freshServer()];
    expect(await imported(without, fileOf(events))).toMatchObject({ lines: 5, imported: 3, leftOut: 2 });
    expect(eventsIn(await exported(without, '--all')).map(({ stream }) => stream)).toEqual(['a', '$$a', 'a']);
    expect(await imported(withThem, fileOf(events), '--system')).toMatchObject({ imported: 5, leftOut: 0 });
    expect(eventsIn(await exported(withThem, '--all'))).toEqual(events);
  });

  it('exports from a position on', async () => {
    const target = await freshServer();
    await imported(target, fileOf(numbered('a', 5)));
    const lines = (await exported(target, '--all')).trim().split('\n');
    const { position } = JSON.parse(lines[3]!) as { position: string };
    expect(await exported(target, '--all', '--from', position)).toBe(`${lines.slice(3).join('\n')}\n`);
    const { code, stderr } = await runCommand('export', '--url', target.url, '--all', '--from', '17');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'No event begins at position 17: take the "position" of a line, or leave out --from.\n',
    });
  });

  it('needs no more memory for a larger log', async () => {
    const [source, target] = [await freshServer(), await freshServer()];
    const pad = 'x'.repeat(200_000);
    for (let batch = 0; batch < 20; batch += 1) {
      const events = Array.from({ length: 5 }, () => jsonEvent({ type: 'tested', data: { pad } }));
      await source.client.appendToStream(`s-${batch}`, events);
    }
    // 20 MB of events: a program that piles up what it has read, dies of it.
    const little = ['--max-old-space-size=24', '--max-semi-space-size=1'];
    const { code, stdout: file } = await feedCommand(['export', '--url', source.url, '--all'], '', little);
    expect(code).toBe(0);
    expect(file.length).toBeGreaterThan(20_000_000);
    const { code: importCode, stdout } = await feedCommand(['import', '--url', target.url], file, little);
    expect(importCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ imported: 100, written: 100 });
  });
});

/** Against any server. */
describe('one stream', () => {
  const server = useServerUnderTest();

  it('comes out as it was put in', async () => {
    const stream = newStream();
    const events = [
      jsonEvent({ type: 'tested', data: { a: 'ü' }, metadata: { by: 'x' } }),
      binaryEvent({ type: 'bytes', data: Uint8Array.of(0, 255) }),
      jsonEvent({ type: 'tested', data: { last: true } }),
    ];
    await server.client.appendToStream(stream, events);
    const lines = eventsIn(await exported(server, '--stream', stream));
    expect(lines.map(({ id, revision, type }) => [id, revision, type])).toEqual(
      events.map(({ id, type }, revision) => [id, revision, type]),
    );
    expect(eventsIn(await exported(server, '--stream', stream, '--from', '2'))).toEqual(lines.slice(2));

    const copy = lines.map((line) => ({ ...line, stream: `${stream}-copy`, id: randomUUID() }));
    const summary = await imported(server, fileOf(copy));
    expect(summary).toEqual({ lines: 3, imported: 3, written: 3, leftOut: 0, filled: 0 });
    expect(await imported(server, fileOf(copy))).toEqual({ ...summary, written: 0 });
    expect(eventsIn(await exported(server, '--stream', `${stream}-copy`))).toEqual(copy);
    const read = await collect(server.client.readStream(`${stream}-copy`, { fromRevision: START }));
    expect(read[0]!.event).toMatchObject({ data: { a: 'ü' }, metadata: { by: 'x' }, isJson: true });
    expect(read[1]!.event).toMatchObject({ data: Uint8Array.of(0, 255), isJson: false });
  });

  it('goes on where an earlier, shorter file ended', async () => {
    const events = numbered(newStream(), 7);
    await imported(server, fileOf(events.slice(0, 4)));
    expect(await imported(server, fileOf(events))).toMatchObject({ imported: 7, written: 3 });
  });

  it('names a stream that is not there', async () => {
    const stream = newStream();
    const { code, stdout, stderr } = await runCommand('export', '--url', server.url, '--stream', stream);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: `Stream ${stream} does not exist, or nothing in it can be read.\n`,
    });
  });

  it.each([
    ['no JSON', 'broken', /^Line 3: It is not JSON/],
    ['a field that is wrong', fileOf([event('x', 0, { id: 'no-uuid' })]), /^Line 3: "id" must be a UUID\.$/m],
    ['an event that is too large', fileOf([event('x', 0, { data: randomBytes(1_100_000) })]), /^Line 3: .*larger/],
  ])('ends at a line with %s, and says what is imported', async (_what, line, complaint) => {
    const stream = newStream();
    const events = numbered(stream, 2);
    const { code, stdout, stderr } = await feedCommand(
      ['import', '--url', server.url],
      `${fileOf(events)}${line.trim()}\n${fileOf(numbered(newStream(), 1))}`,
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(complaint);
    expect(stderr).toContain('run it again: what is there already is recognised.');
    expect(await collect(server.client.readStream(stream))).toHaveLength(2);
  });

  it('does not touch a stream that has another event of that number', async () => {
    const stream = newStream();
    const events = numbered(stream, 2);
    await imported(server, fileOf(events));
    const { code, stderr } = await feedCommand(
      ['import', '--url', server.url],
      fileOf([events[0]!, event(stream, 1), event(stream, 2)]),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(`Line 2: Stream ${stream} has another event with the number 1 there.`);
    expect(eventsIn(await exported(server, '--stream', stream))).toEqual(events);
  });
});
