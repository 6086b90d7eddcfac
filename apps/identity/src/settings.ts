import { isEmail } from 'class-validator';
import { EnvError, readEnv, secretKey, text, url } from '#libs/http/src/env.js';

/** @throws EnvError */
export function encryptionKey(): Buffer {
  return readEnv({ ENCRYPTION_KEY: secretKey() }).ENCRYPTION_KEY;
}

/** @throws EnvError */
export function serviceClientsFile(): string {
  const file = text({ expected: 'the path of a JSON file with the machine clients' });
  return readEnv({ SERVICE_CLIENTS_FILE: file }).SERVICE_CLIENTS_FILE;
}

/** Undefined: no administrator is to be made. */
export function firstAdministratorFile(): string | undefined {
  return readEnv({ FIRST_ADMINISTRATOR_FILE: text({ default: '' }) }).FIRST_ADMINISTRATOR_FILE || undefined;
}

/** @throws EnvError */
export function administratorEmail(): string {
  const { ADMINISTRATOR_EMAIL: email } = readEnv({ ADMINISTRATOR_EMAIL: text({ default: 'admin@keiyaku.example' }) });
  if (!isEmail(email)) throw new EnvError(['ADMINISTRATOR_EMAIL is not usable. Set it to a mail address.']);
  return email;
}

/** Where people reach the system. @throws EnvError */
export function publicUrl(): string {
  return readEnv({ PUBLIC_URL: url({ example: 'http://127.0.0.1:3000' }) }).PUBLIC_URL.replace(/\/$/, '');
}
