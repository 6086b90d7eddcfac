import { describe, expect, it } from 'vitest';
import type { Recorded } from '#libs/event-sourcing/src/event.js';
import { recorded } from '#libs/testing/src/given.js';
import { type AlarmingEvent, causeOf, operatorAlert } from './operator-alert.js';

const environment = { environmentId: 'e-1', externalId: 'CUST-2025-001', plan: 'starter', region: 'ap-northeast-1' };
const about = { environment, names: ['ABC Corporation', 'it@abc.example'] };
const failure = {
  environmentId: 'e-1',
  attempt: 'a',
  step: 'wait',
  class: 'application',
  object: 'Deployment web in env-cust-2025-001-1f2e3d4c',
  reason: 'COMPANY_NAME "ABC Corporation" is not valid',
  whatToDo: 'Correct it, then retry.',
} as const;

function alarming(event: AlarmingEvent, correlationId = 'c-1'): Recorded<AlarmingEvent> {
  return recorded([event], { correlationId })[0] as Recorded<AlarmingEvent>;
}

describe('an alert', () => {
  it('says what needs attention, and names neither people nor companies', () => {
    const data = { ...failure, tried: ['The version before was tried.'] };
    expect(operatorAlert(alarming({ type: 'environment.needs_attention', data }), about)).toEqual({
      cause: 'needs_attention',
      title: 'The environment of CUST-2025-001 needs attention',
      environment,
      step: 'wait',
      object: failure.object,
      reason: 'COMPANY_NAME "…" is not valid. The version before was tried.',
      whatToDo: 'Correct it, then retry.',
      happenedAt: '2026-01-05T09:00:00.000Z',
    });
  });

  it('says what waits for approval, and what it costs', () => {
    const web = { kind: 'Deployment', name: 'web', namespace: 'n' };
    const data = {
      environmentId: 'e-1',
      attempt: 'a',
      changes: { create: [], change: [web], delete: [web, web] },
      costChange: { currency: 'JPY', amount: 40_000 },
      why: ['It deletes 2 objects of ABC Corporation.'],
    };
    expect(operatorAlert(alarming({ type: 'environment.approval_requested', data }), about)).toMatchObject({
      cause: 'approval',
      title: 'A change of the environment of CUST-2025-001 waits for approval',
      environment,
      object: 'Deployment web in n, Deployment web in n, Deployment web in n',
      reason:
        'It deletes 2 objects of …. 0 objects are created, 1 changed and 2 deleted. A month costs 40,000 JPY more.',
    });
  });

  it('says what was changed by hand, and no value', () => {
    const web = { kind: 'Deployment', name: 'web', namespace: 'n', what: 'changed' } as const;
    const fields = [{ field: 'spec.replicas', found: '5', planned: '2' }];
    const objects = [
      { ...web, fields },
      { kind: 'Service', name: 'web', namespace: 'n', what: 'missing', fields: [] } as const,
    ];
    const data = { environmentId: 'e-1', fingerprint: 'f', objects, correct: false };
    const told = operatorAlert(alarming({ type: 'environment.drift_found', data }), about);
    expect(told).toMatchObject({
      cause: 'drift',
      title: 'The environment of CUST-2025-001 was changed by hand in the cluster',
      object: 'Deployment web in n, Service web in n',
      reason: 'Deployment web has another spec.replicas; Service web is missing',
      whatToDo: expect.stringContaining('PROVISIONING_DRIFT=correct'),
    });
    const put = operatorAlert(alarming({ type: 'environment.drift_found', data: { ...data, correct: true } }), about);
    expect(put.whatToDo).toContain('applied again by itself');
  });

  it('says how many fail', () => {
    const data = { ended: 10, failed: 4, percent: 40, thresholdPercent: 20, windowMinutes: 60 };
    expect(operatorAlert(alarming({ type: 'failure_rate.exceeded', data }), undefined)).toMatchObject({
      cause: 'failure_rate',
      title: '4 of 10 environments came to need attention within 60 minutes',
      reason: '40 % failed, and the threshold is 20 %',
    });
  });
});

describe('one cause', () => {
  const cause = (changes: object, correlationId?: string) =>
    causeOf(alarming({ type: 'environment.needs_attention', data: { ...failure, ...changes } }, correlationId)).join();

  it('is the same object and class for as long as nobody acts', () => {
    expect(cause({ reason: 'worded otherwise', attempt: 'b' })).toBe(cause({}));
  });

  it('is one state of a cluster, once a day however often it is put back', () => {
    const drift = (fingerprint: string, occurredAt: string) => {
      const data = { environmentId: 'e-1', fingerprint, objects: [], correct: true };
      const [event] = recorded([{ type: 'environment.drift_found', data } as const], { occurredAt });
      return causeOf(event!).join();
    };
    const told = drift('f', '2026-01-05T09:00:00.000Z');
    expect(drift('f', '2026-01-05T10:00:00.000Z')).toBe(told);
    expect(drift('f', '2026-01-06T09:00:00.000Z')).not.toBe(told);
    expect(drift('g', '2026-01-05T09:00:00.000Z')).not.toBe(told);
  });

  it('is another one for another object, another class, or after somebody acted', () => {
    const others = [
      cause({ object: 'Deployment files in x' }),
      cause({ class: 'configuration' }),
      cause({ environmentId: 'e-2' }),
      cause({}, 'c-2'),
    ];
    expect(new Set([cause({}), ...others]).size).toBe(5);
  });
});
