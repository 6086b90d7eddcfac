/** Who may manage the company's users. Once there was an administrator, there is always one. */
export type AdministratorsState =
  { readonly status: 'none' } | { readonly status: 'some'; readonly userIds: readonly string[] };

export type AdministratorsRefusal = 'last_administrator';
