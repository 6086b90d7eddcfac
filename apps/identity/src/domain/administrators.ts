/** Who may manage the company's users. Once there was an administrator, there is always one. */
export type AdministratorsState =
  | { readonly status: 'none' }
  | {
      readonly status: 'some';
      readonly userIds: readonly string[];
      /** Revision of the user's stream that the newest removal of each user belongs to. */
      readonly removedAt: Readonly<Record<string, number>>;
    };

export type AdministratorsRefusal = 'last_administrator';
