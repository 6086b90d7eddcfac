import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generate, type SelfsignedOptions } from 'selfsigned';

/** What a client must be given, and what the server proves itself with. */
export interface Identity {
  ca: string;
  certificate: string;
  key: string;
  token: string;
}

const TEN_YEARS = 10 * 365 * 24 * 3600 * 1000;

async function newIdentity(): Promise<Identity> {
  const common: SelfsignedOptions = {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + TEN_YEARS),
  };
  const ca = await generate([{ name: 'commonName', value: 'keiyaku-kubernetes-simulator-ca' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: 'kubernetes' }], {
    ...common,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 2, value: 'kubernetes.default.svc' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return { ca: ca.cert, certificate: server.cert, key: server.private, token: randomBytes(32).toString('base64url') };
}

/** The identity in `folder`, made on the first start, so that a kubeconfig stays valid; without a folder a fresh one. */
export async function loadIdentity(folder: string | undefined): Promise<Identity> {
  if (!folder) return newIdentity();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'identity.json');
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Identity;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const identity = await newIdentity();
  await writePrivately(file, JSON.stringify(identity));
  return identity;
}

export async function writeKubeconfig(file: string, identity: Identity, server: string): Promise<void> {
  const name = 'keiyaku-simulator';
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [
      { name, cluster: { server, 'certificate-authority-data': Buffer.from(identity.ca).toString('base64') } },
    ],
    users: [{ name, user: { token: identity.token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  };
  await mkdir(dirname(file), { recursive: true });
  await writePrivately(file, `${JSON.stringify(kubeconfig, null, 2)}\n`);
}

/** Readers see the old file or the whole new one, never a part. */
async function writePrivately(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.new`;
  await writeFile(temporary, text, { mode: 0o600 });
  await chmod(temporary, 0o600);
  await rename(temporary, file);
}
