import { signatureOf } from '#libs/webhooks/src/standard-webhook.js';
import { SendFailed } from '../attempt-deliveries/outgoing.js';
import type { WebhookAnswer } from '../domain/delivery.js';
import type { AddressGuard } from './address-guard.js';
import { GuardedPost } from './guarded-post.js';
import { excerptOf, retryAfterMs } from './webhook-answer.js';

export interface SignedMessage {
  readonly url: string;
  readonly id: string;
  readonly body: Buffer;
  /** Each of them signs. */
  readonly secrets: readonly string[];
}

const gone = 410;

/** Posts webhooks by Standard Webhooks 1.0. */
export class WebhookSender {
  private readonly post: GuardedPost;

  /** @param timeoutMs for everything, from the look-up of the name to the end of the answer */
  constructor(guard: AddressGuard, timeoutMs: number) {
    this.post = new GuardedPost(guard, timeoutMs);
  }

  /** Resolves when the endpoint took it, which only a status of 2xx says. @throws SendFailed */
  async send({ url, id, body, secrets }: SignedMessage): Promise<WebhookAnswer> {
    const headers = (): Record<string, string> => {
      // Of this attempt: receivers refuse what is old, so that nobody can repeat it later.
      const timestamp = String(Math.floor(Date.now() / 1000));
      return {
        'user-agent': 'Keiyaku-Webhooks/1.0',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': secrets.map((secret) => signatureOf(secret, id, timestamp, body)).join(' '),
      };
    };
    const { status, retryAfter, beginning, durationMs } = await this.post.send({ url, body, headers });
    const answer: WebhookAnswer = { durationMs, status };
    if (status >= 200 && status < 300) return answer;
    const [excerpt, wait] = [excerptOf(beginning), retryAfterMs(retryAfter, new Date())];
    const details = {
      ...answer,
      ...(excerpt !== '' && { excerpt }),
      ...(wait !== undefined && { retryAfterMs: wait }),
    };
    throw new SendFailed('not_sent', refusal(status), { answer: details, final: status === gone });
  }
}

function refusal(status: number): string {
  if (status === gone) return 'The endpoint answered 410: it is gone for good.';
  if (status === 429) return 'The endpoint answered 429: it gets more than it can take.';
  if (status >= 300 && status < 400) {
    return `The endpoint answered ${status}. Redirects are not followed: register the address that it leads to.`;
  }
  return `The endpoint answered ${status}.`;
}
