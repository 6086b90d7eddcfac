import { defineConfig } from 'vitest/config';
import { defaultServerConditions } from 'vite';

const conditions = ['keiyaku-source', ...defaultServerConditions];
const integration = '{apps,libs,scripts,test}/**/*.int.spec.ts';

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
          exclude: [integration],
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [integration],
          globalSetup: ['libs/testing/src/test-environment.ts'],
        },
      },
    ],
  },
});
