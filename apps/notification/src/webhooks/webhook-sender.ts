import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { signatureOf } from '#libs/webhooks/src/standard-webhook.js';
import { SendFailed } from '../attempt-deliveries/outgoing.js';
import type { WebhookAnswer } from '../domain/delivery.js';
import { type AddressGuard, BlockedAddress } from './address-guard.js';
import { excerptOf, retryAfterMs } from './webhook-answer.js';

export interface SignedMessage {
  readonly url: string;
  readonly id: string;
  readonly body: Buffer;
  /** Each of them signs. */
  readonly secrets: readonly string[];
}

interface Received {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly beginning: Buffer;
}

/** Of an answer; the rest is not waited for. */
const mostBytes = 4_096;
const gone = 410;

/** Posts webhooks by Standard Webhooks 1.0, a connection for each one. */
export class WebhookSender {
  constructor(
    private readonly guard: AddressGuard,
    /** For everything, from the look-up of the name to the end of the answer. */
    private readonly timeoutMs: number,
  ) {}

  /** Resolves when the endpoint took it, which only a status of 2xx says. @throws SendFailed */
  async send(message: SignedMessage): Promise<WebhookAnswer> {
    const started = performance.now();
    const talk = { leaving: false };
    const signal = AbortSignal.timeout(this.timeoutMs);
    const duration = () => ({ durationMs: Math.round(performance.now() - started) });
    let received: Received;
    try {
      received = await this.post(message, talk, signal);
    } catch (error) {
      const timedOut = signal.aborted;
      const reason = timedOut ? `There was no answer within ${this.timeoutMs / 1000} s.` : reasonOf(error);
      const answer = { ...duration(), ...(timedOut && { timedOut }) };
      throw new SendFailed(talk.leaving ? 'unknown' : 'not_sent', reason, { answer });
    }
    const { status, retryAfter, beginning } = received;
    const answer: WebhookAnswer = { ...duration(), status };
    if (status >= 200 && status < 300) return answer;
    const [excerpt, wait] = [excerptOf(beginning), retryAfterMs(retryAfter, new Date())];
    const details = {
      ...answer,
      ...(excerpt !== '' && { excerpt }),
      ...(wait !== undefined && { retryAfterMs: wait }),
    };
    throw new SendFailed('not_sent', refusal(status), { answer: details, final: status === gone });
  }

  /** Rejects when no answer comes. */
  private async post(
    { url, id, body, secrets }: SignedMessage,
    talk: { leaving: boolean },
    signal: AbortSignal,
  ): Promise<Received> {
    const { hostname, protocol } = new URL(url);
    this.guard.demandHost(hostname);
    // Of this attempt: receivers refuse what is old, so that nobody can repeat it later.
    const timestamp = String(Math.floor(Date.now() / 1000));
    const encrypted = protocol === 'https:';
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = (encrypted ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      agent: false,
      lookup: this.guard.lookup,
      signal,
      headers: {
        'content-type': 'application/json',
        'content-length': body.length,
        'user-agent': 'Keiyaku-Webhooks/1.0',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': secrets.map((secret) => signatureOf(secret, id, timestamp, body)).join(' '),
      },
    });
    request.on('response', resolve).on('error', reject);
    // An answer of 101 closes it without an error; the signal ends nothing that is closed already.
    request.on('close', () => reject(new ClosedUnanswered()));
    request.on('socket', (socket) => socket.once(encrypted ? 'secureConnect' : 'connect', () => (talk.leaving = true)));
    request.end(body);
    const response = await promise;
    const beginning = await beginningOf(response);
    request.destroy();
    return { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], beginning };
  }
}

/** The status has come, so nothing that goes wrong with the rest changes what it says. */
function beginningOf(response: IncomingMessage): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const end = (): void => resolve(Buffer.concat(chunks).subarray(0, mostBytes));
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= mostBytes) end();
  });
  response.on('end', end).on('error', end).on('close', end);
  return promise;
}

function refusal(status: number): string {
  if (status === gone) return 'The endpoint answered 410: it is gone for good.';
  if (status === 429) return 'The endpoint answered 429: it gets more than it can take.';
  if (status >= 300 && status < 400) {
    return `The endpoint answered ${status}. Redirects are not followed: register the address that it leads to.`;
  }
  return `The endpoint answered ${status}.`;
}

/** The connection is gone, and neither an answer nor an error came. */
class ClosedUnanswered extends Error {
  override readonly name = 'ClosedUnanswered';
  readonly code = 'ECONNRESET';
}

const connectionProblems: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'The connection was refused: nothing listens at that port.',
  ECONNRESET: 'The connection broke before an answer came.',
  EPIPE: 'The connection broke before an answer came.',
  EHOSTUNREACH: 'The host can not be reached.',
  ENETUNREACH: 'The host can not be reached.',
  ETIMEDOUT: 'The host can not be reached.',
  ENOTFOUND: 'The name of the host is not known.',
  EAI_AGAIN: 'The name of the host could not be looked up just now.',
};

/** The reason stands in the log: what a server says of itself does not belong there. */
function reasonOf(error: unknown): string {
  if (error instanceof BlockedAddress) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  const known = code === undefined ? undefined : connectionProblems[code];
  if (known !== undefined) return known;
  if (code !== undefined && /CERT|TLS|SSL|SIGNATURE|ALTNAME|EPROTO/.test(code)) {
    return `No safe connection: the certificate or the encryption of the endpoint is not acceptable (${code}).`;
  }
  return code === undefined ? 'The connection failed.' : `The connection failed (${code}).`;
}
