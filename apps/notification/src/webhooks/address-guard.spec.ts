import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { AddressGuard, BlockedAddress, networkOf } from './address-guard.js';

const guard = new AddressGuard([]);

describe('an internal address', () => {
  it.each([
    ['127.0.0.1', 'an address of this machine'],
    ['127.8.9.10', 'an address of this machine'],
    ['0.0.0.0', 'an address of this machine'],
    ['::1', 'an address of this machine'],
    ['::', 'an address of this machine'],
    ['10.0.0.5', 'an address of a private network'],
    ['172.16.0.1', 'an address of a private network'],
    ['172.31.255.255', 'an address of a private network'],
    ['192.168.1.1', 'an address of a private network'],
    ['fd00:ec2::254', 'an address of a private network'],
    ['169.254.169.254', 'a link-local address, where clouds keep their metadata'],
    ['fe80::1', 'a link-local address, where clouds keep their metadata'],
    ['fe80::1%eth0', 'a link-local address, where clouds keep their metadata'],
    ['100.64.0.1', 'an address that a provider shares out (CGNAT)'],
    ['100.100.100.200', 'an address that a provider shares out (CGNAT)'],
    ['168.63.129.16', 'a service address of a cloud'],
    ['224.0.0.1', 'a multicast address'],
    ['ff02::1', 'a multicast address'],
    ['255.255.255.255', 'a reserved address'],
    ['192.0.0.192', 'a reserved address'],
    ['2001:db8::1', 'a reserved address'],
    ['2002:7f00:1::', 'a reserved address'],
    ['64:ff9b::7f00:1', 'no public address'],
    ['::127.0.0.1', 'no public address'],
    ['::ffff:127.0.0.1', 'an address of this machine'],
    ['::ffff:a9fe:a9fe', 'a link-local address, where clouds keep their metadata'],
    ['not-an-address', 'no address'],
  ])('%s is %s', (address, what) => {
    expect(guard.whyBlocked(address)).toBe(what);
  });

  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::1]:80/',
  ])('is found in %s, however it is written', (url) => {
    expect(() => guard.demandHost(new URL(url).hostname)).toThrow(BlockedAddress);
  });
});

it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])('%s is public', (address) => {
  expect(guard.whyBlocked(address)).toBeUndefined();
});

describe('a network that is allowed', () => {
  const open = new AddressGuard([networkOf('10.1.0.0/16')!, networkOf('127.0.0.1')!, networkOf('fd00::/8')!]);

  it.each(['10.1.2.3', '127.0.0.1', '::ffff:10.1.2.3', 'fd12::1'])('lets %s pass', (address) => {
    expect(open.whyBlocked(address)).toBeUndefined();
  });

  it.each(['10.2.0.1', '127.0.0.2', '169.254.169.254', '::1'])('leaves %s blocked', (address) => {
    expect(open.whyBlocked(address)).toBeDefined();
  });

  it.each(['10.0.0.0/33', '10.0.0.0/8/8', 'fd00::/129', 'crm.example', '10.0.0/8', '10.0.0.0/-1', ''])(
    'is not %j',
    (text) => expect(networkOf(text)).toBeUndefined(),
  );
});

describe('a name', () => {
  /** As a name server would say, one answer after the other. */
  function naming(...answers: readonly (readonly string[])[]) {
    let asked = 0;
    const resolve = (_name: string, _options: object, done: (error: null, found: LookupAddress[]) => void) => {
      const answer = answers[Math.min(asked++, answers.length - 1)] ?? [];
      done(
        null,
        answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    };
    return new AddressGuard([], resolve as unknown as ConstructorParameters<typeof AddressGuard>[1]);
  }

  const look = (named: AddressGuard, all: boolean) =>
    new Promise<unknown>((resolve) => named.lookup('crm.example', { all }, (error, found) => resolve(error ?? found)));

  it('leads to its public addresses alone', async () => {
    const named = naming(['10.0.0.5', '8.8.8.8', '::1', '2606:4700::1111']);
    expect(await look(named, true)).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
    expect(await look(named, false)).toBe('8.8.8.8');
  });

  it('that leads inside leads nowhere, and the reason says where it led', async () => {
    const error = await look(naming(['10.0.0.5']), true);
    expect(error).toBeInstanceOf(BlockedAddress);
    expect((error as Error).message).toBe(
      'crm.example leads to 10.0.0.5, which is an address of a private network. ' +
        'Nothing is sent there unless WEBHOOK_ALLOWED_NETWORKS names it.',
    );
  });

  it('is judged by the answer that is connected to, not by one before', async () => {
    const rebinding = naming(['8.8.8.8'], ['127.0.0.1']);
    expect(await look(rebinding, false)).toBe('8.8.8.8');
    expect(await look(rebinding, false)).toBeInstanceOf(BlockedAddress);
  });
});
