import { type CanActivate, type ExecutionContext, Injectable, Logger } from '@nestjs/common';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { ApiRequest } from '#libs/http/src/request.js';
import { Clock } from '../clock.js';
import { contractProblem } from '../contract.problems.js';
import { webhookSourceDecider } from '../domain/webhook-source.decider.js';
import { isSigned, isTimely, type SignedWebhook } from '../webhook-sources/standard-webhook.js';
import { WebhookCredentials } from '../webhook-sources/webhook-credentials.js';

const sourceIdForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Lets a webhook pass that its source has signed. Every other one gets the same answer, whatever is wrong. */
@Injectable()
export class WebhookSignatureGuard implements CanActivate {
  private readonly logger = new Logger('Webhooks');

  constructor(
    private readonly aggregates: Aggregates,
    private readonly credentials: WebhookCredentials,
    private readonly clock: Clock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<ApiRequest & { params: { sourceId: string } }>();
    const { sourceId } = request.params;
    const webhook: SignedWebhook = {
      id: header(request, 'webhook-id'),
      timestamp: header(request, 'webhook-timestamp'),
      signature: header(request, 'webhook-signature'),
      body: request.rawBody ?? Buffer.alloc(0),
    };
    const worthChecking = sourceIdForm.test(sourceId) && isTimely(webhook, this.clock.now());
    if (worthChecking && isSigned(webhook, await this.secrets(sourceId))) return true;
    throw contractProblem('webhook_unauthenticated', undefined, {}, { 'WWW-Authenticate': 'StandardWebhooks' });
  }

  private async secrets(sourceId: string): Promise<readonly string[]> {
    // From the log: a secret that was retired a moment ago must not pass.
    const source = await this.aggregates.load(webhookSourceDecider, sourceId);
    if (source.status === 'none') return [];
    const secrets = await this.credentials.open(source.active.map(({ credentialId }) => credentialId));
    if (secrets.length < source.active.length) {
      this.logger.error({ sourceId }, 'A signing secret is missing from the credential table. Rotate it.');
    }
    return secrets;
  }
}

function header(request: ApiRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
