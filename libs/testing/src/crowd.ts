/** As many callers as a process takes in hand at once. */
const mostAtOnce = 200;

/** Makes all calls, many at a time; the answers stand in the order of the calls. */
export async function allOf<Answer>(calls: readonly (() => Promise<Answer>)[]): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  const waiting = [...calls.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) answers[next[0]] = await next[1]();
  };
  await Promise.all(Array.from({ length: mostAtOnce }, worker));
  return answers;
}
