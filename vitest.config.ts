import { defineConfig } from 'vitest/config';
import { defaultServerConditions } from 'vite';

export default defineConfig({
  ssr: { resolve: { conditions: ['source', ...defaultServerConditions] } },
  test: {
    include: ['{apps,libs,test}/**/*.spec.ts'],
    setupFiles: ['reflect-metadata'],
  },
});
