import { defineConfig } from 'vitest/config';
import { defaultServerConditions } from 'vite';

const conditions = ['keiyaku-source', ...defaultServerConditions];
const integration = '{apps,libs,scripts,test}/**/*.int.spec.ts';
/** Each runs the whole system, so one of them keeps a machine of two cores busy. */
const wholeSystem = 'test/{bench,erasure,faults,journeys}/**/*.int.spec.ts';
/** Reads the log of its app: nestjs-pino keeps the logger of the first app of a process. */
const ownProcess = 'libs/http/src/bootstrap.spec.ts';
const globalSetup = ['libs/testing/src/test-environment.ts'];

export default defineConfig({
  ssr: { resolve: { conditions } },
  environments: { __vitest__: { resolve: { conditions } } }, // where Vitest runs the global setup
  test: {
    setupFiles: ['reflect-metadata'],
    // Real servers start in tests, on machines that have other work too.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      // Pure specs share a process: starting one for each took longer than most of them.
      {
        extends: true,
        test: {
          name: 'pure',
          include: ['{apps,libs,scripts,test}/**/*.spec.ts'],
          exclude: [integration, ownProcess],
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [integration, ownProcess],
          exclude: [wholeSystem],
          globalSetup,
          // They wait for servers half of their time, which is somebody else's turn.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'whole-system',
          include: [wholeSystem],
          globalSetup,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
