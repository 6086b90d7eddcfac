import { defineConfig } from 'vitest/config';
import { defaultServerConditions } from 'vite';

const conditions = ['source', ...defaultServerConditions];

export default defineConfig({
  ssr: { resolve: { conditions } },
  environments: { __vitest__: { resolve: { conditions } } }, // where Vitest runs the global setup
  test: {
    include: ['{apps,libs,test}/**/*.spec.ts'],
    setupFiles: ['reflect-metadata'],
    globalSetup: ['libs/testing/src/test-environment.ts'],
  },
});
