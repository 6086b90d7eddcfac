import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { Certificate } from './certificate.js';

/** HTTP/2 begins with `PRI * HTTP/2.0`. No method of HTTP/1.1 that is asked for here begins so. */
const http2Preface = Buffer.from('PR');

/** Takes a connection of which nothing has been read. */
export type Reception = (socket: Socket) => void;

export interface PortOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Undefined: without TLS. */
  readonly certificate: Certificate | undefined;
  readonly onHttp1: Reception;
  readonly onHttp2: Reception;
  /** A connection that does not say by then what it speaks is ended; default 10,000. */
  readonly silenceMs?: number;
}

export interface OpenPort {
  readonly port: number;
  /** Takes no more connections, and ends those that HTTP/2 was not given. */
  close(): void;
}

/**
 * One TCP port for HTTP/1.1 and HTTP/2. The first bytes tell which of them a connection speaks, or ALPN does;
 * from then on nothing stands between the connection and its protocol.
 * @throws Error when the port cannot be had
 */
export async function openPort({
  host,
  port,
  certificate,
  onHttp1,
  onHttp2,
  silenceMs = 10_000,
}: PortOptions): Promise<OpenPort> {
  const connections = new Set<Socket>();
  const toHttp2 = (socket: Socket): void => {
    connections.delete(socket);
    onHttp2(socket);
  };
  const receive = (socket: Socket): void => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    switch ('alpnProtocol' in socket && socket.alpnProtocol) {
      case 'h2':
        return toHttp2(socket);
      case 'http/1.1':
        return onHttp1(socket);
      default:
        return sniff(socket, silenceMs, onHttp1, toHttp2);
    }
  };
  const server = certificate === undefined ? plainServer(receive) : tlsServer(certificate, silenceMs, receive);
  await listen(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      for (const socket of connections) socket.destroy();
    },
  };
}

/** A client may end its side before it has the answer. */
const connectionOptions = { allowHalfOpen: true, noDelay: true };

function plainServer(receive: Reception): Server {
  return createServer(connectionOptions, receive);
}

function tlsServer({ cert, key }: Certificate, silenceMs: number, receive: Reception): Server {
  const options = { ...connectionOptions, cert, key, ALPNProtocols: ['h2', 'http/1.1'], handshakeTimeout: silenceMs };
  const server = createTlsServer(options, receive);
  // Somebody spoke no TLS, or does not trust the certificate: that is the client's to tell.
  server.on('tlsClientError', (_error: Error, socket: TLSSocket) => socket.destroy());
  return server;
}

function sniff(socket: Socket, silenceMs: number, onHttp1: Reception, onHttp2: Reception): void {
  let head: Buffer = Buffer.alloc(0);
  const giveUp = (): void => void socket.destroy();
  const look = (chunk: Buffer): void => {
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    const compared = Math.min(head.length, http2Preface.length);
    const isHttp2 = head.subarray(0, compared).equals(http2Preface.subarray(0, compared));
    if (isHttp2 && compared < http2Preface.length) return;
    socket.off('data', look).off('end', giveUp).off('error', giveUp).off('timeout', giveUp).setTimeout(0).pause();
    if (isHttp2) {
      socket.unshift(head);
      onHttp2(socket);
    } else {
      onHttp1(socket);
      // Its parser listens by now: what is put back reaches it before what comes next.
      socket.unshift(head);
      socket.resume();
    }
  };
  socket.on('data', look).on('end', giveUp).on('error', giveUp).on('timeout', giveUp).setTimeout(silenceMs);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`Port ${port} on ${host} is in use: stop what listens there or choose another --port.`)
          : new Error(`Cannot listen on ${host}:${port}: ${error.message}`),
      ),
    );
    server.listen(port, host, resolve);
  });
}
