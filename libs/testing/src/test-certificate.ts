import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeServerCertificate } from '#libs/kubernetes-simulator/src/certificates.js';

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
  const made = await makeServerCertificate('keiyaku-test-ca', ['localhost'], ['127.0.0.1']);
  const folder = await mkdtemp(join(tmpdir(), 'certificate-test-'));
  const write = async (name: string, pem: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, pem, { mode: 0o600 });
    return file;
  };
  return {
    caFile: await write('ca.pem', made.ca),
    certFile: await write('server.pem', made.certificate),
    keyFile: await write('server.key', made.key),
    remove: () => rm(folder, { recursive: true }),
  };
}
