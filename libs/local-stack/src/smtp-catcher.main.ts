import './require-node-24.js';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { createSmtpCatcher } from './smtp-catcher.js';
import { messageOf } from './stack-error.js';

// node dist/libs/local-stack/src/smtp-catcher.main.js --mails FOLDER --port N (0: a free one)
const { values } = parseArgs({ options: { mails: { type: 'string' }, port: { type: 'string', default: '0' } } });

try {
  if (values.mails === undefined) throw new Error('--mails FOLDER is missing: say where the mails shall lie');
  const catcher = createSmtpCatcher(values.mails);
  const listener = catcher.listen(Number(values.port), '127.0.0.1');
  await once(listener, 'listening');
  // A client that hangs up in the middle is its own affair.
  catcher.on('error', (error) => process.stderr.write(`${error.message}\n`));
  process.once('SIGTERM', () => catcher.close());
  const { port } = listener.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`);
} catch (error) {
  process.stderr.write(`The mail catcher cannot start: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
