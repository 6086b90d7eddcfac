/** Sign-ins with one mail address: how many were refused in a row, and until when none is tried. */
export interface SignInState {
  readonly status: 'counting';
  readonly failures: number;
  /** ISO instant; null where nothing was locked. */
  readonly lockedUntil: string | null;
}

export type SignInRefusal = 'sign_in_locked';

export function isLocked({ lockedUntil }: SignInState, at: string): boolean {
  return lockedUntil !== null && at < lockedUntil;
}
