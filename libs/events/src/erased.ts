declare const marker: unique symbol;

/** Stands where a personal value stood whose subject was erased. */
export type Erased = '[erased]' & { readonly [marker]: true };

/** Written again it stays what it is and needs no key. */
export const erased = '[erased]' as Erased;

export function isErased(value: unknown): value is Erased {
  return value === erased;
}
