import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import type { DeliveryEvents } from '#libs/events/src/notification.js';

export const deliveryStatuses = ['waiting', 'attempting', 'sending', 'sent', 'abandoned'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

export const attemptOutcomes = ['running', 'sending', 'sent', 'possibly_sent', 'failed', 'lost'] as const;

/** Instants are ISO texts. */
export interface DeliveryAttempt {
  readonly number: number;
  readonly attempt: string;
  readonly startedAt: string;
  readonly outcome: (typeof attemptOutcomes)[number];
  readonly reason?: string;
}

/** How far a delivery is, whatever it carries. */
export interface Progress {
  status: DeliveryStatus;
  attempts: readonly DeliveryAttempt[];
  possiblySent: boolean;
  nextAttemptAt: Date | null;
  finishedAt: Date | null;
  abandonedBecause: string | null;
  revision: number;
}

type Data<Type extends keyof DeliveryEvents> = DeliveryEvents[Type];

/** Adds what an event says to the row that stands; one without a beginning is left out. */
export function step<Row extends Progress, Type extends keyof DeliveryEvents>(
  change: (row: Row, data: Data<Type>, at: string) => Partial<Progress> | Partial<Row>,
) {
  type Event = RecordedEvent<{ readonly type: Type; readonly data: Data<Type> }>;
  return {
    keys: (event: Event) => [event.data.deliveryId],
    evolve: (row: Row | undefined, { data, revision, metadata }: Event): Row | undefined =>
      row && { ...row, ...change(row, data, metadata.occurredAt), revision },
  };
}

/** What every delivery goes through after its request. */
export function progressSteps<Row extends Progress>() {
  return {
    'delivery.attempt_started': step<Row, 'delivery.attempt_started'>(
      ({ attempts }, { number, attempt }, startedAt) => ({
        status: 'attempting',
        attempts: [...attempts.map(endedUnseen), { number, attempt, startedAt, outcome: 'running' }],
        nextAttemptAt: null,
      }),
    ),
    'delivery.sending': step<Row, 'delivery.sending'>(({ attempts }, { attempt }) => ({
      status: 'sending',
      attempts: marked(attempts, attempt, { outcome: 'sending' }),
    })),
    'delivery.sent': step<Row, 'delivery.sent'>(({ attempts }, { attempt }, at) => ({
      status: 'sent',
      attempts: marked(attempts, attempt, { outcome: 'sent' }),
      finishedAt: new Date(at),
    })),
    'delivery.possibly_sent': step<Row, 'delivery.possibly_sent'>(({ attempts }, { attempt }) => ({
      status: 'waiting',
      attempts: marked(attempts, attempt, { outcome: 'possibly_sent' }),
      possiblySent: true,
    })),
    'delivery.failed': step<Row, 'delivery.failed'>(({ attempts }, { attempt, reason, retryAt }) => {
      const doubtful = attempts.some((one) => one.attempt === attempt && one.outcome === 'possibly_sent');
      return {
        status: 'waiting',
        attempts: marked(attempts, attempt, { outcome: doubtful ? 'possibly_sent' : 'failed', reason }),
        nextAttemptAt: new Date(retryAt),
      };
    }),
    'delivery.abandoned': step<Row, 'delivery.abandoned'>(({ attempts }, { reason }, at) => ({
      status: 'abandoned',
      attempts: attempts.map((attempt) => (unfinished(attempt) ? { ...attempt, outcome: 'failed', reason } : attempt)),
      nextAttemptAt: null,
      finishedAt: new Date(at),
      abandonedBecause: reason,
    })),
  };
}

export function marked<Attempt extends DeliveryAttempt>(
  attempts: readonly Attempt[],
  attempt: string,
  change: Partial<Attempt>,
): readonly Attempt[] {
  return attempts.map((one) => (one.attempt === attempt ? { ...one, ...change } : one));
}

function unfinished({ outcome }: DeliveryAttempt): boolean {
  return outcome === 'running' || outcome === 'sending';
}

/** An attempt that another one overtakes died before its message left. */
function endedUnseen(attempt: DeliveryAttempt): DeliveryAttempt {
  return unfinished(attempt) ? { ...attempt, outcome: 'lost' } : attempt;
}
