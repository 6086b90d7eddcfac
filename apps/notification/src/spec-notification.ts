import { type CredentialLinksServer, startCredentialLinksServer } from '#libs/testing/src/credential-links-server.js';
import { type TestSmtpServer, startSmtpServer } from '#libs/testing/src/smtp-server.js';
import { type TestApp, type TestAppOptions, startTestApp } from '#libs/testing/src/test-app.js';
import { NotificationModule } from './notification.module.js';

export interface NotificationPlace {
  readonly app: TestApp;
  readonly smtp: TestSmtpServer;
  /** What the provisioning context is asked for. */
  readonly provisioning: CredentialLinksServer;
}

/** Notification alone, with a mail server and a provisioning of its own. */
export async function startNotification({
  env,
  ...options
}: Pick<TestAppOptions, 'env' | 'logger'> = {}): Promise<NotificationPlace> {
  const [smtp, provisioning] = await Promise.all([startSmtpServer(), startCredentialLinksServer()]);
  const app = await startTestApp({
    modules: [NotificationModule],
    contexts: ['notification'],
    env: {
      SMTP_URL: smtp.url,
      PUBLIC_URL: provisioning.url,
      SERVICE_CLIENT_ID: provisioning.client.id,
      SERVICE_CLIENT_SECRET: provisioning.client.secret,
      // Receivers of a test listen on this machine, without encryption.
      WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1',
      WEBHOOK_ALLOW_HTTP: 'true',
      ...env,
    },
    ...options,
  });
  return { app, smtp, provisioning };
}
