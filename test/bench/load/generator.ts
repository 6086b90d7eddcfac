import { fork } from 'node:child_process';
import { once } from 'node:events';
import { compiled } from '#libs/local-stack/src/files.js';
import type { LoadJob, LoadResult } from './load.js';

/** The load generator as its owner sees it. One job at a time. */
export interface LoadGenerator {
  run(job: LoadJob): Promise<LoadResult>;
  stop(): void;
}

export function startLoadGenerator(): LoadGenerator {
  const child = fork(compiled('test/bench/load/generator.main.js'));
  return {
    async run(job) {
      const died = new AbortController();
      const exited = once(child, 'exit', { signal: died.signal }).then(() => {
        throw new Error('The load generator died.');
      });
      const answered = once(child, 'message', { signal: died.signal });
      child.send(job);
      try {
        const [answer] = (await Promise.race([answered, exited])) as [{ result?: LoadResult; error?: string }];
        if (!answer.result) throw new Error(answer.error);
        return answer.result;
      } finally {
        died.abort();
        await Promise.allSettled([answered, exited]);
      }
    },
    stop: () => child.disconnect(),
  };
}
