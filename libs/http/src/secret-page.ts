/** Pages outside the API that handle a secret: what comes with a one-time link. */
import type { FastifyReply } from 'fastify';

/** Nothing but the page's own script and style, and no frame around it. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Sends a part of such a page: kept by nobody, found by no search engine, and its address is told to no other site. */
export function sendSecretly(reply: FastifyReply, type: string, body: string): void {
  void reply
    .type(type)
    .header('Cache-Control', 'no-store')
    .header('Referrer-Policy', 'no-referrer')
    .header('X-Robots-Tag', 'noindex')
    .header('Content-Security-Policy', policy)
    .send(body);
}
