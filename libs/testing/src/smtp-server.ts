import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';

/**
 * What the server does with messages. `refuse-recipient` and `refuse-message` answer with an error; the other three
 * keep the message and give no answer: `hang` stays silent, `drop` closes the connection, `drop-early` closes it
 * before the message came.
 */
export type SmtpMood = 'accept' | 'refuse-recipient' | 'refuse-message' | 'hang' | 'drop' | 'drop-early';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: Buffer;
}

/** A mail server that keeps what it gets, and misbehaves as asked. */
export interface TestSmtpServer {
  /** `smtp://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  mood: SmtpMood;
  /** Nobody listens any more. The mails stay. */
  stop(): Promise<void>;
}

export interface TestSmtpServerOptions {
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** Senders must sign in with these. */
  readonly auth?: { readonly user: string; readonly pass: string };
}

export async function startSmtpServer({ port = 0, auth }: TestSmtpServerOptions = {}): Promise<TestSmtpServer> {
  const mails: ReceivedMail[] = [];
  const sockets = new Set<Socket>();
  const dropAll = (): void => sockets.forEach((socket) => socket.destroy());
  let mood: SmtpMood = 'accept';

  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', ...(auth ? [] : ['AUTH'])],
    authOptional: !auth,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    onAuth({ username, password }, _session, done) {
      const known = username === auth?.user && password === auth?.pass;
      done(known ? null : new Error('Unknown user or wrong password'), known ? { user: username } : undefined);
    },
    onRcptTo(_address, _session, done) {
      if (mood === 'drop-early') return dropAll();
      done(mood === 'refuse-recipient' ? smtpError(550, 'No such mailbox') : null);
    },
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (mood === 'refuse-message') return done(smtpError(451, 'Try again later'));
        const from = envelope.mailFrom ? envelope.mailFrom.address : '';
        mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), raw: Buffer.concat(chunks) });
        if (mood === 'accept') done();
        if (mood === 'drop') dropAll();
      });
    },
  });
  server.on('error', () => undefined); // connections that were dropped on purpose
  server.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const listener = server.listen(port, '127.0.0.1');
  await once(listener, 'listening');
  const { port: taken } = listener.address() as AddressInfo;

  return {
    url: `smtp://127.0.0.1:${taken}`,
    port: taken,
    mails,
    get mood() {
      return mood;
    },
    set mood(next) {
      mood = next;
    },
    stop: async () => {
      dropAll();
      if (listener.listening) await new Promise<void>((resolve) => server.close(resolve));
    },
  };
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
