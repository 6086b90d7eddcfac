import '#libs/local-stack/src/require-node-24.js';
import { parseArgs } from 'node:util';
import { runStack } from './run-stack.js';

const { values } = parseArgs({ options: { exit: { type: 'boolean' }, json: { type: 'boolean' } } });

// With --json standard output is for the one object; people read the rest on standard error.
const screen = values.json ? process.stderr : process.stdout;
const print = (text: string): void => void screen.write(`${text}\n`);

print('The demo starts Keiyaku.');
await runStack({
  print,
  work: ({ urls }) => {
    print(`\n  Swagger  ${urls.docs}\n`);
    return Promise.resolve(values.exit || values.json ? 0 : undefined);
  },
});
