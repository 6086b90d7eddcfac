/** Commands through HTTP against the raw client, and against rows written by TypeORM. */
import type { Bench } from '../bench.js';
import type { LoadResult, SampleEvent, Work } from '../load/load.js';
import { draftBody } from '../load/payloads.js';
import { memoryOf, processorMsOf } from '../processes.js';
import { startBaseline, startQuietEventStore } from '../programs.js';
import { type Concurrency, concurrencies } from '../settings.js';
import { median, medianRatio } from '../statistics.js';
import { turned } from './turned.js';

export interface WriteFigures {
  readonly rawAppendsPerSecond: number;
  readonly commandsPerSecond: number;
  readonly commandRatio: number;
  readonly crudSavesPerSecond: number;
  readonly vsSaveRatio: number;
  readonly crudInsertsPerSecond: number;
  readonly vsInsertRatio: number;
}

type Kind = 'raw' | 'command' | 'save' | 'insert';

/** Answers the figures by concurrency, and the suite's resident memory in megabytes after the load. */
export async function measureWrites(bench: Bench): Promise<{
  readonly byConcurrency: ReadonlyMap<Concurrency, WriteFigures>;
  readonly rssMb: number;
}> {
  const { api, settings, generator } = bench;
  const rawLog = await startQuietEventStore(bench.stack.dataDir, 'raw-log');
  const crud = await startBaseline('crud', 'crud/crud.main.js', bench.stack.dataDir, {
    DATABASE_URL: await bench.database('crud'),
    JWKS_URL: `${api}/auth/.well-known/jwks.json`,
  });
  const event = await sampleEvent(bench);
  const works = async (): Promise<Record<Kind, Work>> => {
    const token = await bench.token();
    return {
      raw: { kind: 'append', eventStoreUrl: rawLog.url, event },
      command: { kind: 'draft', url: `${api}/contracts`, token },
      save: { kind: 'draft', url: `${crud.url}/saved`, token },
      insert: { kind: 'draft', url: `${crud.url}/inserted`, token },
    };
  };
  const run = async (kind: Kind, concurrency: number): Promise<LoadResult> => {
    const work = (await works())[kind];
    const result = await generator.run({ work, concurrency, seconds: settings.seconds });
    await bench.quiet();
    return result;
  };

  const kinds: readonly Kind[] = ['raw', 'command', 'save', 'insert'];
  for (const kind of kinds) await run(kind, 16);
  const byConcurrency = new Map<Concurrency, WriteFigures>();
  for (const concurrency of concurrencies) {
    const rates: Record<Kind, number[]> = { raw: [], command: [], save: [], insert: [] };
    for (let round = 0; round < settings.rounds; round++) {
      for (const kind of turned(kinds, round)) {
        const before = processorTimes(bench);
        const { perSecond, answers } = await run(kind, concurrency);
        rates[kind].push(perSecond);
        if (kind !== 'command') continue;
        const spent = processorTimes(bench).map((after, part) => ((after - before[part]!) / answers).toFixed(2));
        bench.report(
          `each command at ${concurrency}: ${spent[0]} ms of processor in the suite, ${spent[1]} in the store`,
        );
      }
    }
    bench.report(`writes at ${concurrency}: ${kinds.map((kind) => `${kind} ${rates[kind].join(' ')}`).join('; ')}`);
    byConcurrency.set(concurrency, {
      rawAppendsPerSecond: median(rates.raw),
      commandsPerSecond: median(rates.command),
      commandRatio: medianRatio(rates.command, rates.raw),
      crudSavesPerSecond: median(rates.save),
      vsSaveRatio: medianRatio(rates.command, rates.save),
      crudInsertsPerSecond: median(rates.insert),
      vsInsertRatio: medianRatio(rates.command, rates.insert),
    });
  }
  const rssMb = memoryOf(bench.stack.parts.suite!.pid);
  await crud.stop();
  await rawLog.stop();
  return { byConcurrency, rssMb };
}

function processorTimes({ stack }: Bench): readonly number[] {
  return [stack.parts.suite!, stack.parts.eventStore!].map(({ pid }) => processorMsOf(pid));
}

/** What one command leaves in the log: the raw client appends the same. */
async function sampleEvent(bench: Bench): Promise<SampleEvent> {
  const body = JSON.parse(draftBody('sample')) as object;
  const { id } = await bench.post<{ id: string }>('/contracts', body, await bench.token());
  let sample: SampleEvent | undefined;
  for await (const { event } of bench.log.readStream(`contract-${id}`)) {
    if (event) sample = { type: event.type, data: event.data as object, metadata: event.metadata as object };
  }
  if (!sample) throw new Error('The sample contract has no event.');
  return sample;
}
