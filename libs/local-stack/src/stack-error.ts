/** Something the person at the keyboard can put right. The message is one line and says how; it is shown without a stack. */
export class StackError extends Error {
  override readonly name = 'StackError';
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
