import { Readable } from 'node:stream';
import { parseConnectionUrl } from 'nodemailer/lib/shared';
import SMTPConnection, { type SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';
import { SendFailed } from '../attempt-deliveries/outgoing.js';

export interface SmtpTimes {
  /** For the connection, the greeting and each answer. */
  readonly answerMs: number;
  /** For the whole talk; must end before the lease of the attempt does. */
  readonly totalMs: number;
}

const smtpTimes: SmtpTimes = { answerMs: 5_000, totalMs: 10_000 };

/**
 * Hands messages to a mail server, one connection each. It speaks through nodemailer's connection and not its
 * transport, because only the connection tells whether the message had begun to leave when something went wrong.
 */
export class SmtpSender {
  private readonly options: SMTPConnectionOptions;
  private readonly auth: { readonly user: string; readonly pass: string } | undefined;

  /** @param url like `smtp://user:password@mail.example:587` or `smtps://…` */
  constructor(
    url: string,
    private readonly times: SmtpTimes = smtpTimes,
  ) {
    const { auth, host, port, secure, tls } = parseConnectionUrl(url);
    const { answerMs } = times;
    this.auth = auth;
    this.options = {
      host,
      port,
      secure,
      tls,
      connectionTimeout: answerMs,
      greetingTimeout: answerMs,
      socketTimeout: answerMs,
      dnsTimeout: answerMs,
      socketCloseTimeout: 0,
    };
  }

  /** Resolves once the server has greeted. @throws SendFailed */
  async greet(): Promise<void> {
    const connection = new SMTPConnection(this.options);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    connection.on('error', reject);
    connection.on('end', () => reject(new Error('The mail server closed the connection.')));
    connection.connect((problem) => (problem ? reject(problem) : resolve()));
    try {
      await promise;
      connection.quit();
    } catch (error) {
      connection.close();
      throw new SendFailed('not_sent', reasonOf(error));
    }
  }

  /** Resolves once the server has taken the message. @throws SendFailed */
  async send(from: string, to: string | readonly string[], message: Buffer): Promise<void> {
    const connection = new SMTPConnection(this.options);
    let leaving = false;
    // The connection reads it only after the server said that it waits for the message.
    const body = Readable.from(
      (function* () {
        leaving = true;
        yield message;
      })(),
    );
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error('The mail server took too long.')), this.times.totalMs);
    connection.on('error', reject);
    connection.on('end', () => reject(new Error('The mail server closed the connection.')));
    const steps = (done: (error?: Error | null) => void): void =>
      connection.connect((problem) => {
        if (problem) return done(problem);
        const deliver = (): void => connection.send({ from, to: [to].flat(), size: message.length }, body, done);
        if (!this.auth) return deliver();
        connection.login(this.auth, (refused) => (refused ? done(refused) : deliver()));
      });
    try {
      steps((error) => (error ? reject(error) : resolve()));
      await promise;
      connection.quit();
    } catch (error) {
      connection.close();
      body.destroy();
      const answered = responseCode(error) !== undefined;
      throw new SendFailed(leaving && !answered ? 'unknown' : 'not_sent', reasonOf(error));
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Server's answers quote addresses, and the reason stands in the log: code and kind are enough. */
function reasonOf(error: unknown): string {
  const code = responseCode(error);
  const command = textOf(error, 'command');
  if (code !== undefined) return `The mail server answered ${code}${command ? ` to ${command}` : ''}.`;
  const kind = textOf(error, 'originalCode') ?? textOf(error, 'code');
  if (kind !== undefined) return `The talk with the mail server broke (${kind}).`;
  return error instanceof Error ? error.message : 'The talk with the mail server broke.';
}

function responseCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('responseCode' in error)) return undefined;
  return typeof error.responseCode === 'number' ? error.responseCode : undefined;
}

function textOf(error: unknown, field: string): string | undefined {
  const value: unknown = error instanceof Error ? Reflect.get(error, field) : undefined;
  return typeof value === 'string' ? value : undefined;
}
