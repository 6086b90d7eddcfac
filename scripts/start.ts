import '#libs/local-stack/src/require-node-24.js';
import { runStack } from './run-stack.js';
import { whereEverythingIs } from './where-everything-is.js';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

print('Keiyaku starts.');
await runStack({
  print,
  work: (stack) => {
    print(whereEverythingIs(stack));
    return Promise.resolve(undefined);
  },
});
