import type { CommandBus } from '@nestjs/cqrs';
import { expect } from 'vitest';
import type { Command } from '#libs/event-sourcing/src/command.js';
import type { DomainEvent, RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { PolicyContext } from '#libs/event-sourcing/src/policy.js';
import { recorded } from './given.js';

type Handle<Event extends DomainEvent> = (event: RecordedEvent<Event>, context: PolicyContext) => Promise<unknown>;

/**
 * `await whenPolicy('contract/…', (commands) => …handle, event).then(…commands)`: delivers one event to a policy and
 * compares the commands that it sends, by class, target and data. Each must name the event as its cause.
 */
export function whenPolicy<const Event extends DomainEvent>(
  name: string,
  policy: (commands: CommandBus) => Handle<Event>,
  event: Event,
): { thenCommands: (...expected: readonly Pick<Command, 'type' | 'target' | 'data'>[]) => Promise<void> } {
  return {
    thenCommands: async (...expected) => {
      const sent: Command[] = [];
      const commands = {
        execute: async (command: Command) => {
          sent.push(command);
          return { id: command.target, revision: 0, position: 0n };
        },
      } as unknown as CommandBus;
      const [stored] = recorded([event]);
      await policy(commands)(stored!, new PolicyContext(name, stored!));
      expect(sent.map(({ type, target, data }) => ({ type, target, data }))).toEqual(expected);
      for (const { context } of sent) {
        expect(context).toMatchObject({ causationId: stored!.id, actor: { id: `policy:${name}` } });
      }
    },
  };
}
