import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { erased } from '#libs/events/src/erased.js';
import type { PersonalFields } from '#libs/events/src/event-table.js';
import { KeysInMemory } from '#libs/testing/src/subject-keys.js';
import { CommandRefused, SubjectErased, UnreadableEvent } from './errors.js';
import type { RecordedEvent } from './event.js';
import { PersonalData, type UnstoredEvent } from './personal-data.js';

const fields: PersonalFields = {
  personal: ['company.name', 'company.email', 'note'],
  subject: { kind: 'contract', id: 'contractId' },
};
const stream = 'contract-1';
const ip = '203.0.113.7';

function signed(data: object, actor = { id: 'user-1', role: 'SALES', ip }): UnstoredEvent {
  const metadata = { commandId: 'c', correlationId: 'r', actor, occurredAt: '2026-01-05T09:00:00Z', schemaVersion: 1 };
  return { type: 'contract.signed', data: { contractId: '1', ...data }, metadata };
}

const company = { name: 'ABC Corporation', email: 'it@abc-corp.example', language: 'ja' };

async function stored(personal: PersonalData, event: UnstoredEvent): Promise<RecordedEvent> {
  const [sealed] = await personal.seal(stream, [event], () => fields);
  // As the log keeps it.
  const { type, data, metadata } = JSON.parse(JSON.stringify(sealed)) as UnstoredEvent;
  return { id: 'e', stream, revision: 0, position: 1n, type, data, metadata };
}

async function reopened(personal: PersonalData, event: RecordedEvent): Promise<RecordedEvent> {
  const [opened] = await personal.open([event], { addresses: true });
  return opened!;
}

/** The same event where another one of its fields was written over. */
function forged(event: RecordedEvent, change: Partial<RecordedEvent> | ((text: string) => string)): RecordedEvent {
  if (typeof change !== 'function') return { ...event, ...change };
  const { sealed } = event.metadata;
  const data = { ...sealed!.data!, text: change(sealed!.data!.text) };
  return { ...event, metadata: { ...event.metadata, sealed: { ...sealed, data } } };
}

describe('what is personal', () => {
  it('stands in the log only sealed, and comes back as it was', async () => {
    const personal = new PersonalData(new KeysInMemory());
    const event = signed({ company, note: 'Calls after nine' });
    const sealed = await stored(personal, event);
    expect(JSON.stringify(sealed.metadata) + JSON.stringify(sealed.data)).not.toMatch(/ABC|abc-corp|nine|203\.0/);
    expect(sealed.data).toEqual({ contractId: '1', company: { language: 'ja' } });
    expect(sealed.metadata.actor).toEqual({ id: 'user-1', role: 'SALES' });
    expect(sealed.metadata.sealed).toMatchObject({
      data: { subject: 'contract:1', fields: ['company.name', 'company.email', 'note'] },
      address: { subject: 'user:user-1' },
    });
    expect(await reopened(personal, sealed)).toEqual({ ...sealed, ...event });
  });

  it('comes back whatever it is', async () => {
    const personal = new PersonalData(new KeysInMemory());
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', '日本語🎉', '\ud800', '"\\\u0000'),
    );
    const optional = fc.option(text, { nil: undefined });
    const anything = fc.record({
      name: optional,
      email: optional,
      note: optional,
      address: fc.option(fc.ipV6(), { nil: undefined }),
      rest: fc.jsonValue({ maxDepth: 2 }),
    });
    const property = fc.asyncProperty(anything, async ({ name, email, note, address, rest }) => {
      const actor = { id: 'crm', role: 'SERVICE', ...(address !== undefined && { ip: address }) } as {
        id: string;
        role: string;
        ip: string;
      };
      const plain = signed({ company: { name, email, language: 'ja' }, note, rest }, actor);
      const event = JSON.parse(JSON.stringify(plain)) as UnstoredEvent;
      const { type, data, metadata } = await reopened(personal, await stored(personal, event));
      const { sealed: _, ...opened } = metadata;
      expect({ type, data, metadata: opened }).toEqual(event);
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it('never looks alike twice', async () => {
    const personal = new PersonalData(new KeysInMemory());
    const [first, second] = [await stored(personal, signed({ company })), await stored(personal, signed({ company }))];
    expect(first.metadata.sealed?.data?.text).not.toBe(second.metadata.sealed?.data?.text);
  });

  it('keeps the address shut where nobody asks for it', async () => {
    const personal = new PersonalData(new KeysInMemory());
    const sealed = await stored(personal, signed({ company }));
    const [opened] = await personal.open([sealed]);
    expect(opened?.data).toMatchObject({ company });
    expect(JSON.stringify(opened?.metadata)).not.toContain(ip);
    expect(opened?.metadata.actor).toEqual({ id: 'user-1', role: 'SALES' });
  });

  it('is sealed for the machine that called, where no person did', async () => {
    const personal = new PersonalData(new KeysInMemory());
    const event = await stored(personal, signed({}, { id: 'webhook-source:1', role: 'SERVICE', ip }));
    expect(event.metadata.sealed).toMatchObject({ address: { subject: 'client:webhook-source:1' } });
  });

  it.each([
    ['user:user-2', { userId: 'user-2' }],
    ['client:anonymous', { userId: null }],
  ])('is sealed for %s where nobody was signed in and it concerns %j', async (subject, data) => {
    const anonymous = { id: 'anonymous', role: 'ANONYMOUS', ip };
    const event = await stored(new PersonalData(new KeysInMemory()), signed(data, anonymous));
    expect(event.metadata.sealed).toMatchObject({ address: { subject } });
  });

  it('leaves events without any of it as they are, without a look for keys', async () => {
    const keys = new KeysInMemory();
    const { ip: _, ...actor } = signed({}).metadata.actor;
    const event = { ...signed({}), metadata: { ...signed({}).metadata, actor } };
    const events = [event];
    expect(await new PersonalData(keys).seal(stream, events, () => fields)).toBe(events);
    expect(keys.looks).toEqual([]);
  });

  it('tells of another subject where the field of the first one is null', async () => {
    const personal = new PersonalData(new KeysInMemory());
    const either: PersonalFields = {
      personal: ['note'],
      subject: { kind: 'contract', id: 'contractId', otherwise: { kind: 'user', id: 'userId' } },
    };
    const subjectOf = async (data: object) => {
      const [event] = await personal.seal(stream, [signed({ note: 'Calls', userId: 'u1', ...data })], () => either);
      return event?.metadata.sealed?.data?.subject;
    };
    expect(await subjectOf({})).toBe('contract:1');
    expect(await subjectOf({ contractId: null })).toBe('user:u1');
    await expect(subjectOf({ contractId: null, userId: null })).rejects.toThrow('does not say in userId');
    await expect(subjectOf({ contractId: undefined })).rejects.toThrow('does not say in contractId');
  });

  it('is not written by a process that has no keys, nor without saying whom it tells of', async () => {
    const nobody = { ...signed({ company }), data: { company } };
    await expect(stored(new PersonalData(), signed({ company }))).rejects.toThrow('there are no keys to seal with');
    await expect(stored(new PersonalData(new KeysInMemory()), nobody)).rejects.toThrow(
      'contract.signed does not say in contractId whom it tells of.',
    );
  });
});

describe('a sealed event', () => {
  it.each<[string, (event: RecordedEvent) => RecordedEvent]>([
    [
      'one of whose bits was changed',
      (event) => forged(event, (text) => `${text.slice(0, -2)}${text.endsWith('A') ? 'B' : 'A'}${text.slice(-1)}`),
    ],
    ['that was cut', (event) => forged(event, (text) => text.slice(0, 12))],
    ['that is no seal', (event) => forged(event, () => 'ABC Corporation')],
    ['that was moved to another stream', (event) => forged(event, { stream: 'contract-2' })],
    ['that was given another type', (event) => forged(event, { type: 'contract.drafted' })],
    [
      'whose fields were exchanged',
      (event) => {
        const data = { ...event.metadata.sealed!.data!, fields: ['company.email', 'company.name'] };
        return { ...event, metadata: { ...event.metadata, sealed: { data } } };
      },
    ],
  ])('%s is not believed', async (_name, forge) => {
    const personal = new PersonalData(new KeysInMemory());
    const sealed = await stored(personal, signed({ company }));
    const attempt = reopened(personal, forge(sealed));
    await expect(attempt).rejects.toThrow(UnreadableEvent);
    await expect(attempt).rejects.not.toThrow(/ABC/);
  });

  it('of another key database says which one to restore', async () => {
    const sealed = await stored(new PersonalData(new KeysInMemory()), signed({ company }));
    const elsewhere = new KeysInMemory();
    await expect(reopened(new PersonalData(elsewhere), sealed)).rejects.toThrow(
      /the key of contract:1 is not in the key database\. Restore/,
    );
    await elsewhere.obtain(['contract:1']);
    await expect(reopened(new PersonalData(elsewhere), sealed)).rejects.toThrow(/does not belong to this key database/);
  });
});

describe('after the key was destroyed', () => {
  it('every field that was there reads as the marker, and what is not personal stays', async () => {
    const keys = new KeysInMemory();
    const personal = new PersonalData(keys);
    const sealed = await stored(personal, signed({ company: { ...company, email: undefined } }));
    await keys.destroy('contract:1');
    await keys.destroy('user:user-1');
    personal.forget();
    const opened = await reopened(personal, sealed);
    expect(opened.data).toEqual({ contractId: '1', company: { name: erased, language: 'ja' } });
    expect(opened.metadata.actor.ip).toBe(erased);
  });

  it('new values of the subject are refused with what to do', async () => {
    const keys = new KeysInMemory();
    await keys.destroy('contract:1');
    const refused = await stored(new PersonalData(keys), signed({ company })).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SubjectErased);
    expect((refused as CommandRefused).refusal).toEqual({
      code: 'subject_erased',
      detail: 'The personal data of contract:1 was erased and is not stored again. Use a new record for it.',
      facts: { subject: 'contract:1' },
    });
  });

  it('the marker is written again without a key', async () => {
    const keys = new KeysInMemory();
    await keys.destroy('contract:1');
    await keys.destroy('user:user-1');
    const event = signed(
      { company: { name: erased, email: erased, language: 'ja' } },
      { id: 'user-1', role: 'SALES', ip: erased },
    );
    const sealed = await stored(new PersonalData(keys), event);
    expect(sealed.data).toEqual(event.data);
    expect(keys.looks).toEqual([]);
  });

  it('somebody who acts still leaves no address', async () => {
    const keys = new KeysInMemory();
    await keys.destroy('user:user-1');
    const personal = new PersonalData(keys);
    const sealed = await stored(personal, signed({}));
    expect(sealed.metadata.actor).toEqual({ id: 'user-1', role: 'SALES', ip: erased });
    expect((await reopened(personal, sealed)).metadata.actor.ip).toBe(erased);
  });
});
