import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

type Direction = 'requests' | 'answers';

/** A TCP proxy on this machine that can lose bytes and connections. */
export interface TcpProxy {
  readonly port: number;
  /** What comes from one side does not reach the other one, until `cut`. */
  lose(direction: Direction): void;
  /** Resolves when so many bytes more have come from one side, lost or not. */
  seen(direction: Direction, bytes: number): Promise<void>;
  /** Breaks every connection; new ones are whole again. */
  cut(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const lost = new Set<Direction>();
  const bytesSeen = { requests: 0, answers: 0 };
  const waiting = new Set<{ direction: Direction; until: number; resolve: () => void }>();

  const count = (direction: Direction, bytes: number): void => {
    bytesSeen[direction] += bytes;
    for (const wait of waiting) {
      if (wait.direction !== direction || bytesSeen[direction] < wait.until) continue;
      waiting.delete(wait);
      wait.resolve();
    }
  };

  const pass = (from: Socket, to: Socket, direction: Direction): void => {
    sockets.add(from);
    from.on('data', (bytes) => {
      if (!lost.has(direction)) to.write(bytes);
      count(direction, bytes.length);
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
    lost.clear();
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    lose: (direction) => void lost.add(direction),
    seen: (direction, bytes) =>
      new Promise((resolve) => waiting.add({ direction, until: bytesSeen[direction] + bytes, resolve })),
    cut,
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
