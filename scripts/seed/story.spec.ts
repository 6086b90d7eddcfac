import { expect, it } from 'vitest';
import { customerDecider } from '#apps/customer/src/domain/customer.decider.js';
import { approvalDecider } from '#apps/opportunity/src/domain/approval.decider.js';
import { dealDecider } from '#apps/opportunity/src/domain/deal.decider.js';
import { meetingDecider } from '#apps/sales-activity/src/domain/meeting.decider.js';
import { taskDecider } from '#apps/sales-activity/src/domain/task.decider.js';
import type { Command } from '#libs/event-sourcing/src/command.js';
import type { Decider } from '#libs/event-sourcing/src/decider.js';
import type { DomainEvent } from '#libs/event-sourcing/src/event.js';
import { storyOf } from './story.js';
import { teamOf } from './team.js';
import type { Act, Strand } from './telling.js';

const options = { customers: 600, seed: 1, until: '2026-11-22' };
const team = teamOf(options);
const stories = Array.from({ length: options.customers }, (_, number) => storyOf(options, team, number));
const strandsOf = ({ first, then, last }: (typeof stories)[number]): Strand[] => [[...first, ...last], ...then];

const deciders = {
  customer: customerDecider,
  meeting: meetingDecider,
  task: taskDecider,
  deal: dealDecider,
  approval: approvalDecider,
};

/** What the rules make of commands to one aggregate: the types of the events, or the code of the refusal. */
function decided(strand: Strand): unknown[] {
  const { decide, evolve, initialState } = deciders[strand[0]!.kind] as Decider<unknown, Command, DomainEvent>;
  let state = initialState;
  return strand.map(({ command }: Act) => {
    const decision = decide(command, state);
    if ('code' in decision) return decision.code;
    state = decision.reduce(evolve, state);
    return decision.map(({ type }) => type);
  });
}

it('asks for nothing that the rules refuse, and for nothing that changes nothing', () => {
  const outcomes = stories.flatMap(strandsOf).flatMap(decided);
  expect(outcomes.filter((outcome) => !Array.isArray(outcome) || outcome.length === 0)).toEqual([]);
  const types = new Set(outcomes.flat().map(String));
  expect([...types].toSorted()).toEqual([
    'approval.approved',
    'approval.rejected',
    'approval.requested',
    'approval.step_decided',
    'customer.assigned',
    'customer.created',
    'customer.deleted',
    'customer.updated',
    'deal.lost',
    'deal.opened',
    'deal.stage_changed',
    'deal.won',
    'meeting.created',
    'task.completed',
    'task.created',
  ]);
});

it('tells it in the order of time, up to the day that was asked for', () => {
  for (const strand of stories.flatMap(strandsOf)) {
    const instants = strand.map(({ command }) => command.context.occurredAt);
    expect(instants).toEqual(instants.toSorted());
    expect(instants.at(-1)! < '2026-11-22').toBe(true);
  }
});

it('lets a customer go after all else that can happen to them', () => {
  const farewells = stories.flatMap(({ last }) => last).map(({ command }) => command.context.occurredAt);
  expect(farewells.length).toBeGreaterThan(1);
  expect(new Set(farewells)).toEqual(new Set(['2026-11-21T23:59:59.999Z']));
});

it('asks for nothing new of a customer whom somebody deleted meanwhile', () => {
  const strands = stories.flatMap((_, number) => storyOf(options, team, number, 'deleted').then);
  expect(strands.length).toBeGreaterThan(100);
  const codes = new Set(strands.map((strand) => decided(strand)[0]));
  expect([...codes]).toEqual(['customer_is_deleted']);
});

it('gives every command an id of its own, and the same one again', () => {
  const ids = stories.flatMap(strandsOf).flatMap((strand) => strand.map(({ command }) => command.context.commandId));
  expect(new Set(ids).size).toBe(ids.length);
  expect(storyOf(options, team, 7)).toEqual(stories[7]);
  const users = team.commands.map(({ target }) => target);
  expect(new Set(users).size).toBe(users.length);
});

it('keeps the users and customers of a smaller data set', () => {
  const smaller = teamOf({ ...options, customers: 100 });
  const all = new Set(teamOf({ ...options, customers: 30_000 }).commands.map(({ target }) => target));
  expect(smaller.commands.filter(({ target }) => !all.has(target))).toEqual([]);
});
