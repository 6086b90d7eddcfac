import { format } from 'node:util';
import { expect, it, onTestFinished, vi } from 'vitest';
import { EventStore } from './event-store.js';
import { BadConnectionString, openEventStoreClient } from './event-store-client.js';

/** Whatever is written to the console while the test runs. */
function spyOnConsole(): string[] {
  const lines: string[] = [];
  for (const method of ['warn', 'error', 'log', 'info', 'debug'] as const) {
    const spy = vi.spyOn(console, method).mockImplementation((...args) => void lines.push(format(...args)));
    onTestFinished(() => spy.mockRestore());
  }
  return lines;
}

it.each([
  {
    url: 'esdb://u:secret@h?tls=false&bogus=1',
    problem: /^has an option that the client does not know\. It knows tls, /,
  },
  { url: 'esdb://u:secret@h?tls=false&a&tls=false', problem: /^is no connection string: it looks like / },
  {
    url: 'esdb://u:secret@h?tlsVerifyCert=false',
    problem: /^has tlsVerifyCert=false, which this client does not heed: /,
  },
  { url: 'esdb://u:secret@h?TLS_verify-cert=false', problem: /^has tlsVerifyCert=false, / },
  { url: 'esdb://u:se@cret?t=1@h', problem: /^has an option that the client does not know\./ },
  { url: 'esdb://u:se@cret@h', problem: /^is no connection string: / },
  { url: 'esdb://u:se:cret@h', problem: /^is no connection string: / },
  { url: 'esdb://u:secret%@h', problem: /^is no connection string: / },
  { url: 'esdb://:secret@h', problem: /^is no connection string: / },
  { url: 'esdb://u:secret@h:port', problem: /^is no connection string: / },
  { url: 'esdb://u:secret@h?keepAliveInterval=secret', problem: /^is no connection string: / },
  { url: 'http://u:secret@h', problem: /^is no connection string: / },
  { url: 'esdb://u:secret@h?tlsCAFile=/nowhere/ca.pem', problem: /^has a tlsCAFile that cannot be read: / },
  { url: 'esdb://u:secret@h?tlsCAFile=/tmp', problem: /^has a tlsCAFile that cannot be read: / },
  {
    url: 'esdb://u:secret@h?userCertFile=/dev/null',
    problem: /^has one of userCertFile and userKeyFile: give both\.$/,
  },
])('says what is wrong with $url, and nothing of the password', ({ url, problem }) => {
  const said = spyOnConsole();
  let thrown: unknown;
  try {
    openEventStoreClient(url);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(BadConnectionString);
  expect((thrown as Error).message).toMatch(problem);
  expect(format(thrown)).not.toMatch(/secret|se@|cret|se:/);
  expect(said).toEqual([]);
});

it('says so of the stack, too', () => {
  expect(() => EventStore.connect('esdb://u:secret@h?bogus=1')).toThrow(
    /^EVENTSTORE_URL has an option that the client does not know\. /,
  );
});

it.each([
  'esdb://127.0.0.1:2113?tls=false',
  ' esdb://u:se%40cret@h/ ',
  'esdb+discover://u:secret@a:1,b:2,c?TLS=false&node_preference=leader&dnsDiscover=true',
  'esdb://h?tls=false&tlsCAFile=/nowhere/ca.pem&tlsVerifyCert=true&connectionName=a%20b&defaultDeadline=5',
])('opens %s without a word', async (url) => {
  const said = spyOnConsole();
  await openEventStoreClient(url).dispose();
  expect(said).toEqual([]);
});
