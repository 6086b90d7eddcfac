import { SendFailed } from '../attempt-deliveries/outgoing.js';
import type { WebhookAnswer } from '../domain/delivery.js';
import type { AddressGuard } from '../webhooks/address-guard.js';
import { GuardedPost } from '../webhooks/guarded-post.js';
import { retryAfterMs } from '../webhooks/webhook-answer.js';

/** What Slack says of itself is one word, like `no_service`. */
const word = /^[a-z_]{1,40}$/;

/** Posts to one channel through its incoming webhook. The URL is the only credential: it stands in no message. */
export class SlackSender {
  private readonly post: GuardedPost;

  constructor(
    private readonly url: string,
    guard: AddressGuard,
    timeoutMs: number,
  ) {
    this.post = new GuardedPost(guard, timeoutMs);
  }

  /** Resolves when Slack took it. @throws SendFailed */
  async send(text: string): Promise<WebhookAnswer> {
    const body = Buffer.from(JSON.stringify({ text }));
    const headers = (): Record<string, string> => ({ 'user-agent': 'Keiyaku/1.0' });
    const { status, retryAfter, beginning, durationMs } = await this.post.send({ url: this.url, body, headers });
    const answer: WebhookAnswer = { durationMs, status };
    if (status >= 200 && status < 300) return answer;
    const wait = retryAfterMs(retryAfter, new Date());
    const details = { ...answer, ...(wait !== undefined && { retryAfterMs: wait }) };
    throw new SendFailed('not_sent', refusal(status, beginning.toString('utf8').trim()), { answer: details });
  }
}

function refusal(status: number, said: string): string {
  const because = word.test(said) ? ` (${said})` : '';
  if (status === 429) return 'Slack answered 429: the channel gets more than Slack takes.';
  if (status >= 500) return `Slack answered ${status}${because}.`;
  return `Slack answered ${status}${because}. When this stays, make a new incoming webhook and set SLACK_WEBHOOK_URL.`;
}
