/** `npm run bench` measures the product; `npm run bench -- event-store` the event store server by itself. */
import '#libs/local-stack/src/require-node-24.js';

await (process.argv[2] === 'event-store' ? import('./event-store/main.js') : import('./product.main.js'));
