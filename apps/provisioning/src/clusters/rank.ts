/** A cluster on which an environment may stand. */
export interface Candidate {
  readonly id: string;
  /** It does not answer just now. */
  readonly away: boolean;
  /** It was chosen for this very environment a moment ago. */
  readonly chosen: boolean;
  /** It is there for this environment alone. */
  readonly dedicated: boolean;
  /** How many more environments fit there; absent without a limit. */
  readonly free?: number;
}

/**
 * Those that have room, the best first: what was chosen before, what is there for it alone, what answers, what has most
 * room. One without a limit comes last among these: nobody said that it has room. One that is away is better than
 * none: the environment waits with the others there.
 */
export function rank(candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates
    .filter(({ free }) => free === undefined || free > 0)
    .toSorted(
      (one, other) =>
        Number(other.chosen) - Number(one.chosen) ||
        Number(other.dedicated) - Number(one.dedicated) ||
        Number(one.away) - Number(other.away) ||
        (other.free ?? 0) - (one.free ?? 0) ||
        (one.id < other.id ? -1 : 1),
    );
}
