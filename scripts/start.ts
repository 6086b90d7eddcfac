import '#libs/local-stack/src/require-node-24.js';
import { parseArgs } from 'node:util';
import { StackError, messageOf } from '#libs/local-stack/src/stack-error.js';
import { exitWith } from './exit-with.js';
import { runStack } from './run-stack.js';
import { whereEverythingIs } from './where-everything-is.js';

const usage = `Starts everything on this machine, until Ctrl-C:
  npm start              all contexts in one process
  npm run start:services each context in a process of its own, behind the gateway`;

function inServices(): boolean {
  try {
    return parseArgs({ options: { services: { type: 'boolean', default: false } } }).values.services;
  } catch (error) {
    throw new StackError(`${messageOf(error)}\n${usage}`);
  }
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

try {
  const services = inServices();
  print(services ? 'Keiyaku starts, each service in a process of its own.' : 'Keiyaku starts.');
  await runStack({
    services,
    print,
    work: (stack) => {
      print(whereEverythingIs(stack));
      return Promise.resolve(undefined);
    },
  });
} catch (error) {
  exitWith(error);
}
