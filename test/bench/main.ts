/** `npm run bench` measures the product; with a name of these it measures that part by itself. */
import '#libs/local-stack/src/require-node-24.js';

const parts: Readonly<Record<string, () => Promise<unknown>>> = {
  crm: () => import('./crm/main.js'),
  'event-store': () => import('./event-store/main.js'),
  provisioning: () => import('./provisioning/main.js'),
};

await (parts[process.argv[2] ?? ''] ?? (() => import('./product.main.js')))();
