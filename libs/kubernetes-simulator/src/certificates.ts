import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generate, type SelfsignedOptions } from 'selfsigned';

/** A server's certificate with its key, and what clients are to trust. All in PEM. */
export interface ServerCertificate {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const tenYearsMs = 10 * 365 * 24 * 3600 * 1000;

/** Makes an authority that nobody else knows, and a certificate of its for a server with these names and addresses. */
export async function makeServerCertificate(
  authority: string,
  names: readonly string[],
  addresses: readonly string[],
): Promise<ServerCertificate> {
  const common: SelfsignedOptions = {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + tenYearsMs),
  };
  const ca = await generate([{ name: 'commonName', value: authority }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: names[0]! }], {
    ...common,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...names.map((value) => ({ type: 2 as const, value })),
          ...addresses.map((ip) => ({ type: 7 as const, ip })),
        ],
      },
    ],
  });
  return { ca: ca.cert, certificate: server.cert, key: server.private };
}

/** What a client must be given, and what the server proves itself with. */
export interface Identity extends ServerCertificate {
  readonly token: string;
}

async function newIdentity(): Promise<Identity> {
  const names = ['kubernetes', 'kubernetes.default.svc', 'localhost'];
  const certificate = await makeServerCertificate('keiyaku-kubernetes-simulator-ca', names, ['127.0.0.1', '::1']);
  return { ...certificate, token: randomBytes(32).toString('base64url') };
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
