import type { CommandBus } from '@nestjs/cqrs';
import { it } from 'vitest';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import type { PolicyContext } from '#libs/event-sourcing/src/policy.js';
import { whenPolicy } from '#libs/testing/src/given-policy.js';
import { JudgeEndpointsPolicy } from './judge-endpoints.policy.js';

const outcome = { deliveryId: 'd1', attempt: 'a1', endpointId: 'e1', durationMs: 40 };
const tried = (more: { accepted: boolean; status?: number }) =>
  ({ type: 'delivery.webhook_tried', data: { ...outcome, ...more } }) as const;
type Tried = RecordedEvent<ReturnType<typeof tried>>;

const judge = (commands: CommandBus) => (event: Tried, context: PolicyContext) =>
  new JudgeEndpointsPolicy(commands).handle(event, context);

it.each([{ accepted: true, status: 204 }, { accepted: false, status: 410 }, { accepted: false }])(
  'notes at the endpoint how it took a webhook: %j',
  (answer) =>
    whenPolicy('notification/judge-endpoints', judge, tried(answer)).thenCommands({
      type: 'note_webhook_outcome',
      target: 'e1',
      data: { ...answer, at: '2026-01-05T09:00:00.000Z' },
    }),
);
