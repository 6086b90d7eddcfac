import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate, type SelfsignedOptions } from 'selfsigned';

/** Files in PEM, in a folder of their own. */
export interface TestCertificate {
  /** What clients are to trust. */
  readonly caFile: string;
  /** For `localhost` and `127.0.0.1`. */
  readonly certFile: string;
  readonly keyFile: string;
  remove(): Promise<void>;
}

/** A certificate that nobody else trusts, for a server on this machine. */
export async function makeTestCertificate(): Promise<TestCertificate> {
  const common: SelfsignedOptions = { keyType: 'ec', algorithm: 'sha256' };
  const ca = await generate([{ name: 'commonName', value: 'keiyaku-test-ca' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...common,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const folder = await mkdtemp(join(tmpdir(), 'certificate-test-'));
  const write = async (name: string, pem: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, pem, { mode: 0o600 });
    return file;
  };
  return {
    caFile: await write('ca.pem', ca.cert),
    certFile: await write('server.pem', server.cert),
    keyFile: await write('server.key', server.private),
    remove: () => rm(folder, { recursive: true }),
  };
}
