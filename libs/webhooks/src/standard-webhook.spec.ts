import { describe, expect, it } from 'vitest';
import { isSigned, isTimely, newSigningSecret, signatureOf, type SignedWebhook } from './standard-webhook.js';

// The example of the specification and its reference libraries.
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const published: SignedWebhook = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: '1614265330',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  body: Buffer.from('{"test": 2432232314}'),
};
const other = newSigningSecret();

describe('a signature', () => {
  it('fits the published example', () => {
    expect(isSigned(published, [secret])).toBe(true);
    expect(signatureOf(secret, published.id!, published.timestamp!, published.body)).toBe(published.signature);
  });

  it.each([
    ['the second of two secrets', published, [other, secret]],
    ['one of several signatures', { ...published, signature: `v1,AAAA v1a,x ${published.signature} v2,y` }, [secret]],
  ])('is found with %s', (_name, webhook, secrets) => {
    expect(isSigned(webhook, secrets)).toBe(true);
  });

  it.each([
    ['without a secret', published, []],
    ['with another secret', published, [other]],
    ['with another body', { ...published, body: Buffer.from('{"test":2432232314}') }, [secret]],
    ['with another id', { ...published, id: 'msg_x' }, [secret]],
    ['with another timestamp', { ...published, timestamp: '1614265331' }, [secret]],
    ['in another version', { ...published, signature: published.signature!.replace('v1', 'v2') }, [secret]],
    ['that is cut', { ...published, signature: published.signature!.slice(0, -4) }, [secret]],
    ['that is missing', { ...published, signature: undefined }, [secret]],
  ])('%s does not fit', (_name, webhook, secrets) => {
    expect(isSigned(webhook, secrets)).toBe(false);
  });
});

describe('the clock and the form', () => {
  const sent = 1614265330;

  it.each([
    [-301, false],
    [-300, true],
    [0, true],
    [300, true],
    [301, false],
  ])('%i seconds from now: %s', (seconds, timely) => {
    expect(isTimely(published, new Date((sent - seconds) * 1000))).toBe(timely);
  });

  it.each<[string, Partial<SignedWebhook>]>([
    ['no id', { id: undefined }],
    ['no timestamp', { timestamp: undefined }],
    ['no signature', { signature: undefined }],
    ['an empty id', { id: '' }],
    ['a dot in the id', { id: 'msg.1' }],
    ['a blank in the id', { id: 'msg 1' }],
    ['an endless id', { id: 'x'.repeat(256) }],
    ['a fraction', { timestamp: `${sent}.0` }],
    ['a sign', { timestamp: `+${sent}` }],
    ['hexadecimal digits', { timestamp: '0x6037bc32' }],
  ])('%s is refused', (_name, change) => {
    expect(isTimely({ ...published, ...change }, new Date(sent * 1000))).toBe(false);
  });
});

it('makes secrets of 32 bytes, each another one', () => {
  expect(newSigningSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(newSigningSecret()).not.toBe(newSigningSecret());
});
