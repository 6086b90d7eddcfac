import { Injectable, Logger } from '@nestjs/common';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { isInfrastructureError } from '#libs/event-sourcing/src/infrastructure-error.js';
import { WebhookCredentials } from '#libs/webhooks/src/webhook-credentials.js';
import { CannotPrepare, type Outgoing } from '../attempt-deliveries/outgoing.js';
import { testMessageType, type WebhookRequest } from '../domain/delivery.js';
import type { EndpointSecret } from '../domain/webhook-endpoint.js';
import { webhookEndpointDecider } from '../domain/webhook-endpoint.decider.js';
import { WebhookSender } from './webhook-sender.js';

/** How webhooks leave. */
@Injectable()
export class WebhookChannel {
  private readonly logger = new Logger('webhooks');

  constructor(
    private readonly aggregates: Aggregates,
    private readonly credentials: WebhookCredentials,
    private readonly sender: WebhookSender,
  ) {}

  /** Goes by the endpoint as it is now: its address and its secrets may have changed since the request. */
  async prepare({ deliveryId, endpointId, content }: WebhookRequest): Promise<Outgoing> {
    const endpoint = await this.aggregates.load(webhookEndpointDecider, endpointId);
    if (endpoint.status === 'none') throw new CannotPrepare('There is no such endpoint.', true);
    // A test is how people find out whether they can enable it again.
    if (endpoint.status === 'disabled' && content.eventType !== testMessageType) {
      throw new CannotPrepare('The endpoint is disabled. Enable it, then replay what it missed.', true);
    }
    const secrets = await this.open(endpointId, endpoint.active);
    const body = Buffer.from(JSON.stringify(content));
    const { url } = endpoint;
    return { messageId: deliveryId, send: () => this.sender.send({ url, id: deliveryId, body, secrets }) };
  }

  private async open(endpointId: string, active: readonly EndpointSecret[]): Promise<readonly string[]> {
    try {
      const secrets = await this.credentials.open(active.map(({ credentialId }) => credentialId));
      if (secrets.length > 0) return secrets;
    } catch (error) {
      // Says nothing about the secret: the delivery comes back when its lease ends.
      if (isInfrastructureError(error)) throw error;
      this.logger.error({ err: error, endpointId }, 'The signing secrets of a webhook endpoint can not be read');
    }
    throw new CannotPrepare('The signing secret of the endpoint can not be read. When this stays, rotate it.');
  }
}
