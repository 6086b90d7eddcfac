import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { SendFailed } from '../attempt-deliveries/outgoing.js';
import { type AddressGuard, BlockedAddress } from './address-guard.js';

export interface Post {
  readonly url: string;
  readonly body: Buffer;
  /** Made when the request is about to leave. */
  readonly headers: () => Readonly<Record<string, string>>;
}

export interface PostAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly beginning: Buffer;
  readonly durationMs: number;
}

/** Of an answer; the rest is not waited for. */
const mostBytes = 4_096;

/** Posts JSON to systems outside, a connection for each, and never into a network of ours. Redirects are not followed. */
export class GuardedPost {
  constructor(
    private readonly guard: AddressGuard,
    /** For everything, from the look-up of the name to the end of the answer. */
    private readonly timeoutMs: number,
  ) {}

  /** Resolves with whatever answer came. @throws SendFailed when none did; its reason does not name the URL */
  async send(post: Post): Promise<PostAnswer> {
    const started = performance.now();
    const talk = { leaving: false };
    const signal = AbortSignal.timeout(this.timeoutMs);
    const durationMs = () => Math.round(performance.now() - started);
    try {
      const answer = await this.talk(post, talk, signal);
      return { ...answer, durationMs: durationMs() };
    } catch (error) {
      const timedOut = signal.aborted;
      const reason = timedOut ? `There was no answer within ${this.timeoutMs / 1000} s.` : reasonOf(error);
      const answer = { durationMs: durationMs(), ...(timedOut && { timedOut }) };
      throw new SendFailed(talk.leaving ? 'unknown' : 'not_sent', reason, { answer });
    }
  }

  /** Rejects when no answer comes. */
  private async talk(
    { url, body, headers }: Post,
    talk: { leaving: boolean },
    signal: AbortSignal,
  ): Promise<Omit<PostAnswer, 'durationMs'>> {
    const { hostname, protocol } = new URL(url);
    this.guard.demandHost(hostname);
    const encrypted = protocol === 'https:';
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = (encrypted ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      agent: false,
      lookup: this.guard.lookup,
      signal,
      headers: { 'content-type': 'application/json', 'content-length': body.length, ...headers() },
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
