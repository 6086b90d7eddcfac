const mostCharacters = 200;
/** What stands behind a word for a secret, and behind the kind of it. */
const named =
  /((?:secret|token|password|passwd|api[-_ ]?key|authorization|bearer|basic)["']?\s*[:= ]\s*["']?(?:(?:bearer|basic)\s+)?)[^\s"',;<>&]+/gi;

/**
 * The beginning of an answer as one line. It is kept for good, so whatever could be a mail address, a key or a token is
 * left out.
 */
export function excerptOf(body: Buffer): string {
  const line = body
    .toString('utf8')
    .replace(/[\p{C}\p{Z}\uFFFD]+/gu, ' ')
    .replace(/\S+@\S+/g, '…')
    .replace(/[\w+/=.~-]{20,}/g, '…')
    .replace(named, '$1…')
    .trim();
  return Array.from(line).slice(0, mostCharacters).join('');
}

/** Seconds, or a date. Undefined for what is neither, and for what is over. */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime();
  return wait > 0 ? wait : undefined;
}
