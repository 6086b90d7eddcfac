import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

/** A TCP proxy on this machine that can lose bytes and connections. */
export interface TcpProxy {
  readonly port: number;
  /** What the client sends reaches the server, nothing comes back, until `cut`. */
  loseAnswers(): void;
  /** What the client sends is lost, until `cut`. */
  loseRequests(): void;
  /** How many bytes of requests were lost since the last `cut`. */
  readonly lostRequestBytes: number;
  /** Breaks every connection; new ones are whole again. */
  cut(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const lost = { requests: false, answers: false };
  let lostRequestBytes = 0;

  const pass = (from: Socket, to: Socket, kind: keyof typeof lost): void => {
    sockets.add(from);
    from.on('data', (bytes) => {
      if (!lost[kind]) to.write(bytes);
      else if (kind === 'requests') lostRequestBytes += bytes.length;
    });
    // A side that breaks takes the other one with it, whatever the reason was.
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  };

  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    pass(client, upstream, 'requests');
    pass(upstream, client, 'answers');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const cut = (): void => {
    Object.assign(lost, { requests: false, answers: false });
    lostRequestBytes = 0;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    loseAnswers: () => void (lost.answers = true),
    loseRequests: () => void (lost.requests = true),
    get lostRequestBytes() {
      return lostRequestBytes;
    },
    cut,
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
