export type SessionState =
  | { readonly status: 'none' }
  | {
      readonly status: 'active';
      readonly userId: string;
      readonly expiresAt: string;
      /** Only the token of this generation is good. */
      readonly generation: number;
    }
  | { readonly status: 'ended' };

export type SessionRefusal = 'session_exists' | 'session_ended' | 'session_not_found';
