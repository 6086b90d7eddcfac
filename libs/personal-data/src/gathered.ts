/** Questions that come while one is being answered go together in the next one: one query for many callers. */
export class Gathered<Answer> {
  private next: { readonly subjects: Set<string>; readonly answer: Promise<Answer> } | undefined;
  private running: Promise<unknown> = Promise.resolve();

  /** @param ask called once at a time, with sorted subjects without repeats */
  constructor(private readonly ask: (subjects: readonly string[]) => Promise<Answer>) {}

  /** The answer may tell of more subjects than were asked for. */
  async about(subjects: Iterable<string>): Promise<Answer> {
    const gathering = (this.next ??= this.gather());
    for (const subject of subjects) gathering.subjects.add(subject);
    return gathering.answer;
  }

  private gather(): { readonly subjects: Set<string>; readonly answer: Promise<Answer> } {
    const subjects = new Set<string>();
    const answer = this.running.then(() => {
      // What is asked from here on is answered by a look that begins later.
      this.next = undefined;
      return this.ask([...subjects].toSorted());
    });
    this.running = answer.catch(() => undefined);
    return { subjects, answer };
  }
}
