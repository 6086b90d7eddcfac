import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeTestCertificate } from '#libs/testing/src/test-certificate.js';
import type { TestCertificate } from '#libs/testing/src/test-certificate.js';
import { runCommand } from './command-line.js';
import { describeOurs } from './server-under-test.js';

describeOurs('a certificate that cannot be used', () => {
  let folder: string;
  let good: TestCertificate;
  const file = async (name: string, content: string | Buffer): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const ecKey = (passphrase?: string): string => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const cipher = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
    return privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher }).toString();
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certificate-test-'));
    good = await makeTestCertificate();
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await good.remove();
  });

  it.each([
    {
      title: 'a certificate that is not there',
      files: async () => ['/nowhere/server.pem', good.keyFile],
      complaint: '--tls-cert /nowhere/server.pem: there is no such file.',
    },
    {
      title: 'a key that is not there',
      files: async () => [good.certFile, '/nowhere/server.key'],
      complaint: '--tls-key /nowhere/server.key: there is no such file.',
    },
    {
      title: 'a folder in place of a file',
      files: async () => ['/tmp', good.keyFile],
      complaint: '--tls-cert /tmp: it cannot be read (EISDIR).',
    },
    {
      title: 'a certificate that is none',
      files: async () => [good.keyFile, good.keyFile],
      complaint: /^--tls-cert .*server\.key is no certificate in PEM form\.$/,
    },
    {
      title: 'a certificate in another form',
      files: async () => [
        await file('server.der', new X509Certificate(await readFile(good.certFile)).raw),
        good.keyFile,
      ],
      complaint: /^--tls-cert .*server\.der cannot be used, with its key, for TLS \(.+\): give both in PEM form\.$/,
    },
    {
      title: 'a key that is none',
      files: async () => [good.certFile, good.certFile],
      complaint:
        /^--tls-key .*server\.pem is no private key in PEM form, or it is encrypted: give it without a passphrase\.$/,
    },
    {
      title: 'an encrypted key',
      files: async () => [good.certFile, await file('encrypted.key', ecKey('secret'))],
      complaint: /^--tls-key .* or it is encrypted: give it without a passphrase\.$/,
    },
    {
      title: 'the key of another certificate',
      files: async () => [good.certFile, await file('other.key', ecKey())],
      complaint: /^The key in .*other\.key does not belong to the certificate in .*server\.pem: give the pair\.$/,
    },
  ])('is told in one line: $title', async ({ files, complaint }) => {
    const [cert, key] = await files();
    const data = join(folder, 'log');
    const { code, stdout, stderr } = await runCommand(
      '--data',
      data,
      '--port',
      '0',
      '--tls-cert',
      cert!,
      '--tls-key',
      key!,
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.trimEnd()).toMatch(complaint);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).not.toContain('PRIVATE KEY');
    expect(existsSync(data)).toBe(false);
  });
});
