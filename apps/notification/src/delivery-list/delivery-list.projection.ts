import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import type { DeliveryEvents } from '#libs/events/src/notification.js';
import { whenErased } from '#libs/personal-data/src/erased-rows.js';
import { type DeliveryAttempt, DeliveryRow } from './delivery-list.entity.js';

type Data<Type extends keyof DeliveryEvents> = DeliveryEvents[Type];
type Change = Partial<Omit<DeliveryRow, 'deliveryId' | 'revision'>>;

/** Adds what an event says to the row that stands; one without a beginning is left out. */
function step<Type extends keyof DeliveryEvents>(change: (row: DeliveryRow, data: Data<Type>, at: string) => Change) {
  type Event = RecordedEvent<{ readonly type: Type; readonly data: Data<Type> }>;
  return {
    keys: (event: Event) => [event.data.deliveryId],
    evolve: (row: DeliveryRow | undefined, { data, revision, metadata }: Event): DeliveryRow | undefined =>
      row && { ...row, ...change(row, data, metadata.occurredAt), revision },
  };
}

export const deliveryListProjection = projection<DeliveryRow, DeliveryEvents & ErasureEvents>({
  name: 'delivery_list',
  version: 2,
  entity: DeliveryRow,
  on: {
    'delivery.requested': {
      keys: ({ data }) => [data.deliveryId],
      evolve: (_row, { data, revision, metadata }) => ({
        deliveryId: data.deliveryId,
        contractId: data.contractId,
        environmentId: data.content.environmentId,
        template: data.content.template,
        status: 'waiting',
        recipientName: data.recipient.name,
        recipientEmail: data.recipient.email,
        language: data.recipient.language,
        attempts: [],
        possiblySent: false,
        messageId: null,
        nextAttemptAt: new Date(metadata.occurredAt),
        requestedAt: new Date(metadata.occurredAt),
        finishedAt: null,
        abandonedBecause: null,
        revision,
      }),
    },
    'delivery.attempt_started': step<'delivery.attempt_started'>(({ attempts }, { number, attempt }, startedAt) => ({
      status: 'attempting',
      attempts: [...attempts.map(endedUnseen), { number, attempt, startedAt, outcome: 'running' }],
      nextAttemptAt: null,
    })),
    'delivery.sending': step<'delivery.sending'>(({ attempts }, { attempt, messageId }) => ({
      status: 'sending',
      attempts: marked(attempts, attempt, { outcome: 'sending' }),
      messageId,
    })),
    'delivery.sent': step<'delivery.sent'>(({ attempts }, { attempt }, at) => ({
      status: 'sent',
      attempts: marked(attempts, attempt, { outcome: 'sent' }),
      finishedAt: new Date(at),
    })),
    'delivery.possibly_sent': step<'delivery.possibly_sent'>(({ attempts }, { attempt }) => ({
      status: 'waiting',
      attempts: marked(attempts, attempt, { outcome: 'possibly_sent' }),
      possiblySent: true,
    })),
    'delivery.failed': step<'delivery.failed'>(({ attempts }, { attempt, reason, retryAt }) => {
      const doubtful = attempts.some((one) => one.attempt === attempt && one.outcome === 'possibly_sent');
      return {
        status: 'waiting',
        attempts: marked(attempts, attempt, { outcome: doubtful ? 'possibly_sent' : 'failed', reason }),
        nextAttemptAt: new Date(retryAt),
      };
    }),
    'delivery.abandoned': step<'delivery.abandoned'>(({ attempts }, { reason }, at) => ({
      status: 'abandoned',
      attempts: attempts.map((attempt) => (unfinished(attempt) ? { ...attempt, outcome: 'failed', reason } : attempt)),
      nextAttemptAt: null,
      finishedAt: new Date(at),
      abandonedBecause: reason,
    })),
    ...whenErased<DeliveryRow>('contract', (contractId) => ({
      where: { contractId },
      set: { recipientName: erased, recipientEmail: erased },
    })),
  },
});

function marked(
  attempts: readonly DeliveryAttempt[],
  attempt: string,
  change: Partial<DeliveryAttempt>,
): readonly DeliveryAttempt[] {
  return attempts.map((one) => (one.attempt === attempt ? { ...one, ...change } : one));
}

function unfinished({ outcome }: DeliveryAttempt): boolean {
  return outcome === 'running' || outcome === 'sending';
}

/** An attempt that another one overtakes died before its message left. */
function endedUnseen(attempt: DeliveryAttempt): DeliveryAttempt {
  return unfinished(attempt) ? { ...attempt, outcome: 'lost' } : attempt;
}
