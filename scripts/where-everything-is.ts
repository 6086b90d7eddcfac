import type { Stack } from '#libs/local-stack/src/stack.js';

/** What somebody who has started the stack wants to open. */
export function whereEverythingIs({ urls, dataDir, mailsFolder }: Stack): string {
  return `
  API          ${urls.api}
  Swagger      ${urls.docs}
  Data         ${dataDir}
  Mails        ${mailsFolder}
  Logs         ${dataDir}/logs
  CRM client   id "crm", secret in ${dataDir}/service-clients.json

Ctrl-C stops everything.`;
}
