import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { ServiceClients } from './service-clients.js';

const secret = 'x'.repeat(32);
const crm = { id: 'crm', secret, description: 'The CRM' };

function fileWith(content: string): string {
  const path = join(temporaryFolder(), 'clients.json');
  writeFileSync(path, content);
  return path;
}

it('knows a client by its secret alone', () => {
  const clients = ServiceClients.fromFile(fileWith(JSON.stringify([crm])));
  expect(clients.authenticate('crm', secret)).toEqual({ id: 'crm', description: 'The CRM' });
  expect(clients.authenticate('crm', `${secret}y`)).toBeUndefined();
  expect(clients.authenticate('other', secret)).toBeUndefined();
  expect(clients.authenticate('crm', '')).toBeUndefined();
});

it('reads a file without clients', () => {
  expect(ServiceClients.fromFile(fileWith('[]')).authenticate('crm', secret)).toBeUndefined();
});

it.each([
  ['no JSON', `{"secret": "${secret}"`, 'the file is no JSON. Write it like [{ "id"'],
  ['no list', `{"crm": "${secret}"}`, 'the file holds no list. Write it like [{ "id"'],
  ['an entry that is no object', '[null]', 'entry 1 lacks a text'],
  ['an entry without a secret', JSON.stringify([crm, { id: 'erp', description: '' }]), 'entry 2 lacks a text'],
  ['a short secret', JSON.stringify([{ ...crm, secret: 'short-secret' }]), 'the secret of crm has less than 32 char'],
  ['an id twice', JSON.stringify([crm, crm]), 'it names crm twice. Remove one of them'],
])('says what is wrong with %s, and shows no secret', (_name, content, message) => {
  const read = () => ServiceClients.fromFile(fileWith(content));
  expect(read).toThrow(`SERVICE_CLIENTS_FILE is not usable: ${message}`);
  expect(read).not.toThrow(/x{8}|short-secret/);
});

it('says when the file is not there', () => {
  expect(() => ServiceClients.fromFile('/nowhere/clients.json')).toThrow(
    "SERVICE_CLIENTS_FILE is not usable: the file can't be read (ENOENT). Set it to the path of a JSON file.",
  );
});
