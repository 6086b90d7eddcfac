import { status } from '@grpc/grpc-js';

/** What a failed call to the event store means for whoever typed the command, in one line. */
export function explainCallError(error: unknown): string {
  const { code, details, message } = error as { code?: unknown; details?: string; message?: string };
  const text = (details || message || String(error)).replace(/ Resolution note:\s*$/, '').trim();
  switch (code) {
    case status.UNAVAILABLE:
    case status.CANCELLED:
      return `The event store can't be reached: ${text}`;
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
      return `The event store refuses the user (${text}): give one that may do this, esdb://USER:PASSWORD@HOST:PORT.`;
    default:
      return text;
  }
}

export function isAccessDenied(error: unknown): boolean {
  return (error as { code?: unknown }).code === status.PERMISSION_DENIED;
}
