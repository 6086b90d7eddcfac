import type { CheckResult } from '#libs/http/src/health.js';
import type { SmtpSender } from './smtp-sender.js';

const askAgainMs = 5_000;

/** Whether the mail server takes connections. It is asked once in 5 s, however often somebody looks at `/ready`. */
export function mailServerHealth(sender: Pick<SmtpSender, 'greet'>): () => Promise<CheckResult> {
  let asked = Number.NEGATIVE_INFINITY;
  let answer: Promise<CheckResult> | undefined;
  return () => {
    if (answer && performance.now() - asked < askAgainMs) return answer;
    asked = performance.now();
    answer = sender.greet().then(
      () => ({ ok: true }),
      (error: unknown) => ({ ok: false, detail: { reason: error instanceof Error ? error.message : 'No answer.' } }),
    );
    return answer;
  };
}
