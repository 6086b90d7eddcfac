import { defineConfig } from 'vitest/config';
import { defaultServerConditions } from 'vite';

const conditions = ['keiyaku-source', ...defaultServerConditions];

export default defineConfig({
  ssr: { resolve: { conditions } },
  environments: { __vitest__: { resolve: { conditions } } }, // where Vitest runs the global setup
  test: {
    include: ['{apps,libs,test}/**/*.spec.ts'],
    setupFiles: ['reflect-metadata'],
    // Real servers start in tests, on machines that have other work too.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    globalSetup: ['libs/testing/src/test-environment.ts'],
  },
});
