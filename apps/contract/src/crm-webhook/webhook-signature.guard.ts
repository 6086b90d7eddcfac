import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { ApiRequest } from '#libs/http/src/request.js';
import { Clock } from '../clock.js';
import { contractProblem } from '../contract.problems.js';
import { SigningSecrets } from '../webhook-sources/signing-secrets.js';
import { isSigned, isTimely, type SignedWebhook } from '#libs/webhooks/src/standard-webhook.js';

const sourceIdForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Lets a webhook pass that its source has signed. Every other one gets the same answer, whatever is wrong. */
@Injectable()
export class WebhookSignatureGuard implements CanActivate {
  constructor(
    private readonly secrets: SigningSecrets,
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
    if (worthChecking && isSigned(webhook, await this.secrets.of(sourceId))) return true;
    throw contractProblem('webhook_unauthenticated', undefined, {}, { 'WWW-Authenticate': 'StandardWebhooks' });
  }
}

function header(request: ApiRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
