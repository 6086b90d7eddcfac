import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { TestApp } from '#libs/testing/src/test-app.js';
import { startWebhookReceiver, type WebhookReceiver } from '#libs/testing/src/webhook-receiver.js';
import { abcEnvironment, append } from '../spec-environment.js';
import { type NotificationPlace, startNotification } from '../spec-notification.js';
import type { WebhookDeliveryView } from '../webhook-delivery-list/webhook-delivery-list.dto.js';

/** Notification that sends webhooks, with a receiver of its own for each test. */
export class Sending {
  private constructor(private readonly stand: { place?: NotificationPlace; receiver?: WebhookReceiver }) {}

  /** Everything that the processes of the file have logged. */
  readonly logged: string[] = [];

  static inThisFile(): Sending {
    const stand: { place?: NotificationPlace; receiver?: WebhookReceiver } = {};
    const sending = new Sending(stand);
    beforeAll(async () => {
      const stream = { write: (line: string) => void sending.logged.push(line) };
      const env = { WEBHOOK_TIMEOUT_SECONDS: '1' };
      stand.place = await startNotification({ logger: { level: 'debug', stream }, env });
    }, 60_000);
    afterAll(async () => {
      await stand.place?.app.close();
      await Promise.all([stand.place?.smtp.stop(), stand.place?.provisioning.stop()]);
    });
    beforeEach(async () => {
      const receiver = await startWebhookReceiver();
      stand.receiver = receiver;
      return () => receiver.stop();
    });
    return sending;
  }

  get app(): TestApp {
    return this.stand.place!.app;
  }

  get receiver(): WebhookReceiver {
    return this.stand.receiver!;
  }

  /** An environment that is owed; what the endpoint is told of is its own. */
  async requestedEnvironment() {
    const about = abcEnvironment();
    const stream = `environment-${about.environmentId}`;
    const [eventId] = await append(this.app, stream, -1, { type: 'environment.requested', data: about });
    return { about, stream, eventId: eventId! };
  }

  /** Types of the events of a delivery, oldest first. */
  async types(deliveryId: string): Promise<string[]> {
    return (await this.app.events(`delivery-${deliveryId}`)).map(({ type }) => type);
  }

  async delivery(id: string): Promise<WebhookDeliveryView> {
    return (await this.app.request<WebhookDeliveryView>(`/api/webhook-deliveries/${id}`, { role: 'OPERATOR' })).body;
  }
}
