import { expect, it } from 'vitest';
import { EnvError, readEnv } from './env.js';
import { networks } from './networks.js';

it('takes addresses and networks', () => {
  const read = (text: string) => readEnv({ PROXIES: networks() }, { PROXIES: text }).PROXIES;
  expect(read('10.0.0.7, 10.1.0.0/16,::1,fd00::/8')).toEqual(['10.0.0.7', '10.1.0.0/16', '::1', 'fd00::/8']);
  expect(read('')).toEqual([]);
});

it.each(['gateway', '10.0.0.7/33', '10.0.0.7/8/8', '10.0.0.7/', '::1/129', '10.0.0.7,,', 'true'])(
  'says what to write instead of %s',
  (text) => {
    expect(() => readEnv({ PROXIES: networks() }, { PROXIES: text })).toThrow(
      new EnvError([
        'PROXIES is not usable. Set it to addresses and networks with commas between them, like 10.0.0.7,10.1.0.0/16.',
      ]),
    );
  },
);
