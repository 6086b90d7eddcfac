import '#libs/local-stack/src/require-node-24.js';
import { runStack } from './run-stack.js';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

print('Keiyaku starts.');
await runStack({
  print,
  work: ({ urls, dataDir, mailsFolder }) => {
    print(`
  API          ${urls.api}
  Swagger      ${urls.docs}
  Data         ${dataDir}
  Mails        ${mailsFolder}
  Logs         ${dataDir}/logs
  CRM client   id "crm", secret in ${dataDir}/service-clients.json

Ctrl-C stops everything.`);
    return Promise.resolve(undefined);
  },
});
