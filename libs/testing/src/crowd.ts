/** Far more than there are connections to a database, and few enough that nobody waits too long for one. */
const mostAtOnce = 100;

/** Makes all calls, many at a time; the answers stand in the order of the calls. */
export async function allOf<Answer>(
  calls: readonly (() => Promise<Answer>)[],
  atOnce = mostAtOnce,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  const waiting = [...calls.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) answers[next[0]] = await next[1]();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return answers;
}
