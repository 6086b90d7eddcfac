import '#libs/local-stack/src/require-node-24.js';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { longestPassword, shortestPassword } from '#apps/identity/src/new-password.js';
import { EventStoreUnavailable } from '#libs/event-sourcing/src/errors.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { PersonalData } from '#libs/event-sourcing/src/personal-data.js';
import { EnvError, readEnv, secretKey, url } from '#libs/http/src/env.js';
import { isoDay } from '#libs/http/src/text-rules.js';
import { StackError, messageOf } from '#libs/local-stack/src/stack-error.js';
import { stackEnvironment } from '#libs/local-stack/src/stack.js';
import { PostgresSubjectKeys } from '#libs/personal-data/src/postgres-subject-keys.js';
import { SubjectKeysUnavailable } from '#libs/personal-data/src/subject-keys.js';
import { randomPassword } from '#libs/secrets/src/random-password.js';
import { exitWith } from './exit-with.js';
import type { SeedOptions } from './seed/context.js';
import { seedLog } from './seed/seed-log.js';
import { SignIns } from './seed/sign-ins.js';
import { printTo, wholeNumber } from './verdict.js';

const usage = `Writes customers, and what happened to them, through the log:
  npm run seed -- --customers N [--seed S] [--until DAY] [--customers-only] [--password TEXT] [--json]
The same N, S and DAY (1 and today, unless given) always make the same data; a second run adds only what is missing.
The stack has to run: that of npm start (KEIYAKU_DATA), or the stores of EVENTSTORE_URL and the other variables.`;

function readOptions(): SeedOptions & { readonly password: string | undefined; readonly json: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        customers: { type: 'string' },
        seed: { type: 'string', default: '1' },
        until: { type: 'string', default: new Date().toISOString().slice(0, 10) },
        'customers-only': { type: 'boolean', default: false },
        password: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    if (values.customers === undefined) throw new Error('Say how many customers there shall be.');
    if (isoDay(values.until) !== values.until)
      throw new Error(`--until is "${values.until}" and must be like 2026-11-22.`);
    const { length = shortestPassword } = values.password ?? {};
    if (length < shortestPassword || length > longestPassword)
      throw new Error(`--password takes ${shortestPassword} to ${longestPassword} characters.`);
    return {
      customers: wholeNumber('customers', values.customers),
      seed: wholeNumber('seed', values.seed),
      until: values.until,
      customersOnly: values['customers-only'],
      password: values.password,
      json: values.json,
    };
  } catch (error) {
    throw new StackError(`${messageOf(error)}\n${usage}`);
  }
}

/** Where the log, the keys and the passwords are. */
function stores() {
  const spec = {
    EVENTSTORE_URL: url({ example: 'esdb://127.0.0.1:2113?tls=false' }),
    PERSONAL_KEYS_DATABASE_URL: url({ example: 'postgres://keiyaku@127.0.0.1:5432/personal_keys' }),
    IDENTITY_DATABASE_URL: url({ example: 'postgres://keiyaku@127.0.0.1:5432/identity' }),
    ENCRYPTION_KEY: secretKey(),
  };
  const given = process.env['EVENTSTORE_URL'];
  return readEnv(spec, given ? process.env : stackEnvironment(resolve(process.env['KEIYAKU_DATA'] || '.data')));
}

/** @throws StackError where nothing answers */
async function connect(password: string): Promise<{
  readonly store: EventStore;
  readonly signIns: SignIns;
  readonly close: () => Promise<void>;
}> {
  const { EVENTSTORE_URL, PERSONAL_KEYS_DATABASE_URL, IDENTITY_DATABASE_URL, ENCRYPTION_KEY } = stores();
  const keys = await PostgresSubjectKeys.connect(PERSONAL_KEYS_DATABASE_URL, ENCRYPTION_KEY);
  const store = EventStore.connect(EVENTSTORE_URL, new PersonalData(keys));
  await store.head();
  const signIns = await SignIns.connect(IDENTITY_DATABASE_URL, ENCRYPTION_KEY, store, password);
  return {
    store,
    signIns,
    close: async () => {
      await signIns.close();
      await store.close();
      await keys.close();
    },
  };
}

function foreseen(error: unknown): unknown {
  const again = 'Start the stack with npm start and run this again: what stands stays, and the rest is added.';
  if (error instanceof EventStoreUnavailable) return new StackError(`The event store can't be reached. ${again}`);
  if (error instanceof SubjectKeysUnavailable) return new StackError(`The key database can't be reached. ${again}`);
  return error instanceof EnvError ? new StackError(error.message) : error;
}

try {
  const { json, password: given, ...options } = readOptions();
  const password = given ?? randomPassword();
  const print = printTo(json);
  const started = performance.now();
  const { store, signIns, close } = await connect(password);
  print(`${options.customers} customers up to ${options.until}, seed ${options.seed}`);
  // Before the first of them is made: a run that is broken off has said it all the same.
  if (given === undefined)
    print(`Users whom this makes sign in with the password ${password}, which is shown only once.`);
  const result = await seedLog(store, options, signIns, print);
  await close();
  const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
  const { customers, users, meetings, tasks, deals, approvals, events, added, leftOut } = result;
  print(
    `${customers} customers, ${users} users, ${meetings} meetings, ${tasks} tasks, ${deals} deals and ` +
      `${approvals} approvals stand: ${events} events, ${added} of them new, in ${seconds} s.`,
  );
  print(`${signIns.added} of the users got their password from this run; the others have one already.`);
  if (leftOut > 0)
    print(`${leftOut} commands were left out: people had changed or deleted meanwhile what they were for.`);
  if (json) process.stdout.write(`${JSON.stringify({ ...options, ...result, seconds })}\n`);
  process.exit();
} catch (error) {
  exitWith(foreseen(error));
}
