const name = /^\w{1,60}$/;
const code = /^[\w.-]{1,60}$/;
/** A frame of the program's own code; `dist` or not, what follows is the path in the tree. */
const ownFrame = /^\s+at (?:async )?(?:([\w.<> ]+) \()?(?:file:\/\/)?[^()]*?\/((?:apps|libs)\/[\w./-]+:\d+):\d+\)?$/m;

/**
 * Why something failed, for operators: the kind of the error, its code and where it arose, like
 * `QueryFailedError 23505 at Environments.load (apps/provisioning/src/environments.js:18)`. Never its message, which
 * may hold personal data or a secret.
 */
export function failureReason(error: unknown): string {
  if (!(error instanceof Error)) return `A ${typeof error} was thrown`;
  const parts = [name.test(error.name) ? error.name : 'Error'];
  const known = codeOf(error) ?? codeOf(error.cause);
  if (known !== undefined) parts.push(known);
  const [, method, place] = ownFrame.exec(framesOf(error)) ?? [];
  if (place !== undefined) parts.push('at', method === undefined ? place : `${method} (${place})`);
  return parts.join(' ');
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  if (typeof error.code !== 'string' && typeof error.code !== 'number') return undefined;
  const known = String(error.code);
  return code.test(known) ? known : undefined;
}

/** The stack without the message that it starts with. */
function framesOf({ stack = '', message }: Error): string {
  return message === '' ? stack : stack.split(message).at(-1)!;
}
