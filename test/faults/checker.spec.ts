import { expect, it } from 'vitest';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { type Evidence, verdictOnLog } from '../../scripts/faults/checker.js';
import type { RawEvent } from '../../scripts/faults/raw-log.js';

const email = 'it@fault-1.example';
const acknowledged = [{ externalId: 'FAULT-1', webhookId: 'msg_1', email }];
const content = { environmentId: 'e1', template: 'environment_ready' };
type Written = Pick<RawEvent, 'stream' | 'type' | 'data'> & { readonly metadata?: RawEvent['metadata'] };

/** Everything that one contract leaves in the log when nothing goes wrong. */
const whole: readonly Written[] = [
  { stream: 'webhook-w1', type: 'webhook.received', data: { webhookId: 'msg_1' } },
  { stream: 'contract-c1', type: 'contract.drafted', data: { contractId: 'c1', externalId: 'FAULT-1' } },
  { stream: 'contract-c1', type: 'contract.signed', data: { contractId: 'c1' } },
  { stream: 'unique-slug-1', type: 'reservation.made', data: { owner: 'e1' } },
  { stream: 'environment-e1', type: 'environment.requested', data: { environmentId: 'e1', contractId: 'c1' } },
  { stream: 'unique-slug-1', type: 'reservation.confirmed', data: { owner: 'e1' } },
  { stream: 'environment-e1', type: 'environment.ready', data: { environmentId: 'e1' } },
  { stream: 'delivery-d1', type: 'delivery.requested', data: { deliveryId: 'd1', content } },
  { stream: 'delivery-d1', type: 'delivery.sent', data: { deliveryId: 'd1' } },
];

/** As a log holds them: each event made by a command of its own unless it says otherwise. */
function logOf(written: readonly Written[]): RawEvent[] {
  const revisions = new Map<string, number>();
  return written.map(({ stream, type, data, metadata }, index) => {
    const revision = (revisions.get(stream) ?? -1) + 1;
    revisions.set(stream, revision);
    const id = `event-${index}`;
    return { id, stream, revision, position: BigInt(index), type, data, metadata: { commandId: id, ...metadata } };
  });
}

function verdict(log: RawEvent[], changed: Partial<Evidence> = {}) {
  return verdictOnLog({ acknowledged, raw: log, log, mails: new Map([[email, 1]]), ...changed });
}

const good = { lost: [], doubled: [], possiblySent: 0, wrong: [] };

it('finds nothing in a run in which everything came to its end', () => {
  expect(verdict(logOf(whole))).toEqual(good);
});

// A contract whose draft is missing is one that nothing else can be told to belong to.
it.each(whole.map(({ type }) => type).filter((type) => type !== 'contract.drafted'))(
  'sees that %s was lost, and that it is there twice',
  (type) => {
    const { lost } = verdict(logOf(whole.filter((event) => event.type !== type)));
    expect(lost).toContain(`FAULT-1: no ${type}`);
    const again = whole.flatMap((event) => (event.type === type ? [event, event] : [event]));
    expect(verdict(logOf(again)).doubled).toEqual([`FAULT-1: 2 times ${type}`]);
  },
);

it('sees that a whole contract was lost, or drafted twice, and one that nobody asked for', () => {
  expect(verdict([], { mails: new Map() }).lost).toHaveLength(10);
  const [received, drafted, ...rest] = whole;
  expect(verdict(logOf([received!, drafted!, drafted!, ...rest])).doubled).toEqual([
    'FAULT-1: 2 times contract.drafted',
  ]);
  expect(verdict(logOf(whole), { acknowledged: [] }).wrong).toEqual(['FAULT-1: nobody asked for it']);
});

it('counts mails: one that was lost, one too many, and one that says that it may have left twice', () => {
  const log = logOf(whole);
  expect(verdict(log, { mails: new Map() }).lost).toEqual([`FAULT-1: no mail to ${email}`]);
  const twice = { mails: new Map([[email, 2]]) };
  expect(verdict(log, twice).doubled).toEqual([`FAULT-1: 2 mails to ${email}, and 1 may be`]);
  const possiblySent = { stream: 'delivery-d1', type: 'delivery.possibly_sent', data: { deliveryId: 'd1' } };
  expect(verdict(logOf([...whole, possiblySent]), twice)).toEqual({ ...good, possiblySent: 1 });
});

it('sees half of a command: a revision that is missing, or stands there twice', () => {
  const log = logOf(whole);
  const half = log.filter(({ stream, revision }) => !(stream === 'delivery-d1' && revision === 0));
  expect(verdict(half).wrong).toContain('delivery-d1: revision 1 after none');
  const repeated = log.map((event) => (event.type === 'delivery.sent' ? { ...event, revision: 0 } : event));
  expect(verdict(repeated).wrong).toEqual(['delivery-d1: revision 0 after 0']);
});

it('sees a command that was carried out twice, but for events that it made together', () => {
  const commandId = 'one-command';
  const by = (name: string): Written => ({ stream: 'x-1', type: name, data: {}, metadata: { commandId } });
  expect(verdict(logOf([...whole, by('a'), by('b')]))).toEqual(good);
  const between = { stream: 'x-1', type: 'between', data: {} };
  expect(verdict(logOf([...whole, by('a'), between, by('a')])).wrong).toEqual([
    'x-1: the command of a (revision 2) was carried out twice',
  ]);
});

it('sees what a policy caused without the receipt of its cause', () => {
  const caused = (commandId: string): Written => ({
    stream: 'delivery-d9',
    type: 'delivery.attempt_started',
    data: {},
    metadata: { actor: { id: 'policy:notification/spec' }, causationId: 'cause', commandId },
  });
  expect(verdict(logOf([...whole, caused(stableId('cause', 'notification/spec', 'd9'))]))).toEqual(good);
  expect(verdict(logOf([...whole, caused('made up')])).wrong).toEqual([
    'delivery-d9: delivery.attempt_started of notification/spec carries no receipt of its cause',
  ]);
});

it('sees an address in the clear, and what must never happen to a contract', () => {
  const log = logOf(whole);
  const raw = logOf([...whole, { stream: 'note-1', type: 'note', data: { to: `IT <${email}>` } }]);
  expect(verdict(log, { raw }).wrong).toEqual([`note-1: ${email} stands in the log in the clear`]);
  for (const type of ['environment.needs_attention', 'delivery.abandoned']) {
    const trouble = { stream: 'trouble-1', type, data: { environmentId: 'e1' } };
    expect(verdict(logOf([...whole, trouble])).wrong).toEqual([`FAULT-1: ${type}`]);
  }
});
