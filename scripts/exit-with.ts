import { StackError } from '#libs/local-stack/src/stack-error.js';

/** Says what to do; a stack only for an error that nobody foresaw. Exit code 1. */
export function exitWith(error: unknown): never {
  const unforeseen = error instanceof Error && !(error instanceof StackError);
  const text = unforeseen ? (error.stack ?? error.message) : error instanceof Error ? error.message : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
}
