import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/** What the server proves itself with, both in PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Reads a certificate (with its chain, if it has one) and its private key, and sees that they belong together.
 * @throws Error in words for the operator; a key's content is never part of them
 */
export function readCertificate(certFile: string, keyFile: string): Certificate {
  const cert = readPem('--tls-cert', certFile);
  const key = readPem('--tls-key', keyFile);
  if (!parseCertificate(certFile, cert).checkPrivateKey(parseKey(keyFile, key))) {
    throw new Error(`The key in ${keyFile} does not belong to the certificate in ${certFile}: give the pair.`);
  }
  demandUsable(certFile, { cert, key });
  return { cert, key };
}

/** What can be read as a certificate may still be nothing to serve with: it is in DER form, or too weak. */
function demandUsable(certFile: string, certificate: Certificate): void {
  try {
    createSecureContext(certificate);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `--tls-cert ${certFile} cannot be used, with its key, for TLS (${reason}): give both in PEM form.`,
      {
        cause: error,
      },
    );
  }
}

function readPem(option: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new Error(`${option} ${file}: ${reason}.`, { cause: error });
  }
}

function parseCertificate(file: string, pem: Buffer): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new Error(`--tls-cert ${file} is no certificate in PEM form.`, { cause: error });
  }
}

function parseKey(file: string, pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new Error(
      `--tls-key ${file} is no private key in PEM form, or it is encrypted: give it without a passphrase.`,
      {
        cause: error,
      },
    );
  }
}
