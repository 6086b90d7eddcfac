import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { httpProblem } from './http-problems.js';
import type { ProblemError } from './problem.js';

/** Answers what no route ever sees, because it is not HTTP, too large in its headers or does not arrive. */
export function answerBrokenRequest(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const problem = problemOf(error.code);
  const body = JSON.stringify(problem.body({ instance: '', correlationId: randomUUID() }));
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}

function problemOf(code: string | undefined): ProblemError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return httpProblem('headers_too_large');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return httpProblem('request_timeout');
    default:
      return httpProblem('bad_request', 'This is no valid HTTP request. Check how its URL and headers are encoded.');
  }
}
