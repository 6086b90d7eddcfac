import type { WebhookAnswer } from '../domain/delivery.js';

/** A message that is ready to leave. */
export interface Outgoing {
  /** The same for every copy of one delivery. */
  readonly messageId: string;
  /** Resolves once the other side has taken it. @throws SendFailed */
  readonly send: () => Promise<WebhookAnswer | undefined>;
}

/** There is no message to send yet. The reason stands in the log for good and holds no secret, address or link. */
export class CannotPrepare extends Error {
  override readonly name = 'CannotPrepare';

  /** @param final no further attempt would be of use */
  constructor(
    reason: string,
    readonly final = false,
  ) {
    super(reason);
  }
}

/** `unknown`: the other side had the message, or a part of it, and gave no answer. */
export class SendFailed extends Error {
  override readonly name = 'SendFailed';

  constructor(
    readonly outcome: 'not_sent' | 'unknown',
    reason: string,
    readonly details: { readonly answer?: WebhookAnswer; readonly final?: boolean } = {},
  ) {
    super(reason);
  }
}
