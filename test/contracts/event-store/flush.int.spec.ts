import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { findProgram, installMs } from '#libs/local-stack/src/apt-package.js';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { connect, describeOurs, newEvent, newEvents, newStream } from './server-under-test.js';
import { FlushTrace, parseTrace } from './system-calls.js';

const strace = { title: 'strace', program: 'strace', name: 'strace' };
const traced = 'trace=openat,write,writev,pwrite64,pwritev,pwritev2,sendmsg,sendto,fdatasync,fsync,msync';
/** More than a page of the store or a frame of an answer: every name in them is written out. */
const longestString = '70000';
/** Each flush takes 20 ms longer, as on a slow disk, so that an answer that does not wait for it overtakes it. */
const slowFlush = 'inject=fdatasync,fsync,msync:delay_enter=20000';

/** A server whose system calls are noted down, and what to call once it has ended to read them. */
async function startTraced(program: string) {
  const folder = temporaryFolder();
  const [data, notes] = [join(folder, 'data'), join(folder, 'trace')];
  // -D: the server is the process that is started here, and strace its grandchild.
  const launcher = [program, '-D', '-f', '-yy', '-s', longestString, '-e', traced, '-e', slowFlush, '-o', notes];
  const server = await startEventStoreServer({ data, launcher });
  onTestFinished(() => server.stop());
  const client = connect(server.url);
  onTestFinished(() => client.dispose());
  return {
    client,
    trace: async (): Promise<FlushTrace> => {
      await server.stop();
      const text = await eventually(() => {
        const written = readFileSync(notes, 'utf8');
        expect(written).toMatch(new RegExp(`^${server.pid} +\\+\\+\\+ exited with 0`, 'm'));
        return written;
      });
      return new FlushTrace(parseTrace(text), join(data, 'data.mdb'));
    },
  };
}

describeOurs('acknowledged means flushed, as the system calls tell', () => {
  let program: string;

  beforeAll(async () => {
    program = await findProgram(strace, (line) => process.stderr.write(`${line}\n`));
  }, installMs);

  it('every answer follows the flush of its event', async () => {
    const { client, trace } = await startTraced(program);
    const streams = Array.from({ length: 48 }, () => newStream());
    await client.appendToStream(streams[0]!, newEvents(1));
    const large = newEvent({ text: 'x'.repeat(60_000) });
    await Promise.all([
      ...streams.slice(1, 24).map((stream) => client.appendToStream(stream, newEvents(1))),
      ...streams.slice(24, 46).map((stream) => client.appendToStream(stream, newEvents(20))),
      client.appendToStream(streams[46]!, large),
    ]);
    await client.appendToStream(streams[47]!, newEvents(1));
    const noted = await trace();
    expect(streams.map((stream) => noted.complaintAbout(stream))).toEqual(streams.map(() => undefined));
  }, 60_000);

  it('appends that wait together share a flush', async () => {
    const { client, trace } = await startTraced(program);
    const [writers, each] = [64, 8];
    await Promise.all(
      Array.from({ length: writers }, async () => {
        const stream = newStream();
        for (let n = 0; n < each; n += 1) await client.appendToStream(stream, newEvents(1));
      }),
    );
    const { flushes } = await trace();
    expect(flushes.length).toBeGreaterThanOrEqual(each);
    expect(flushes.length).toBeLessThan((writers * each) / 4);
  }, 60_000);
});
