import { expect, it } from 'vitest';
import { problemOfUrl } from './endpoint-url.js';

it.each(['https://crm.example/hooks', 'https://crm.example:8443/hooks?tenant=7', 'https://環境.example/'])(
  '%s is usable',
  (url) => expect(problemOfUrl(url, { allowHttp: false })).toBeUndefined(),
);

it.each([
  ['crm.example', 'Must be a URL like https://crm.example/hooks/keiyaku.'],
  ['ftp://crm.example/', 'Must be a URL like https://crm.example/hooks/keiyaku.'],
  ['file:///etc/passwd', 'Must be a URL like https://crm.example/hooks/keiyaku.'],
  ['http://crm.example/', 'Must begin with https: what is sent would be readable on its way.'],
  ['https://user@crm.example/', 'Must hold no user and no password. The receiver knows us by the signature.'],
  ['https://:pass@crm.example/', 'Must hold no user and no password. The receiver knows us by the signature.'],
  ['https://crm.example/#top', 'Must have no part behind "#": it is never sent.'],
  [
    'https://crm.example/?access_token=1',
    'Must hold no secret, and the parameter "access_token" looks like one. The receiver knows us by the signature.',
  ],
])('%s is not', (url, problem) => {
  expect(problemOfUrl(url, { allowHttp: false })).toBe(problem);
});

it('http is usable where a setting says so', () => {
  expect(problemOfUrl('http://127.0.0.1:4000/hooks', { allowHttp: true })).toBeUndefined();
});
