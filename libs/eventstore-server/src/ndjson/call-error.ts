import { status } from '@grpc/grpc-js';

/** What a failed call to the event store means for whoever typed the command, in one line. */
export function explainCallError(error: unknown): string {
  const { code, details, message } = error as { code?: unknown; details?: string; message?: string };
  const text = (details || message || String(error)).replace(/ Resolution note:\s*$/, '').trim();
  if (isGone(code, text)) return `The event store can't be reached: ${text}`;
  switch (code) {
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
      return `The event store refuses the user (${text}): give one that may do this, esdb://USER:PASSWORD@HOST:PORT.`;
    default:
      return text;
  }
}

/** What becomes of a call when its connection breaks is not always told as UNAVAILABLE. */
function isGone(code: unknown, text: string): boolean {
  if (code === status.INTERNAL) return /RST_STREAM|ECONNRESET/.test(text);
  return code === status.UNAVAILABLE || code === status.CANCELLED;
}

export function isAccessDenied(error: unknown): boolean {
  return (error as { code?: unknown }).code === status.PERMISSION_DENIED;
}
