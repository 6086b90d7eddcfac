import type { SampleEvent } from '../load/load.js';
import { draftBody } from '../load/payloads.js';

/** About what one command of Keiyaku leaves in the log: 230 bytes of data and 390 of metadata. */
export const sampleEvent: SampleEvent = {
  type: 'contract.drafted',
  data: JSON.parse(draftBody('sample')) as object,
  metadata: {
    commandId: '01980f3c-7c1e-7f6a-9d1b-3f5a8e2c4b60',
    fingerprint: 'Q1p3b0n5bWk2c0d2a3l0d3h6eXJ0dWlvcGFzZGZnaGo',
    correlationId: '01980f3c-7c1e-7f6a-9d1b-3f5a8e2c4b61',
    actor: { id: '01980f3c-7c1e-7f6a-9d1b-3f5a8e2c4b62', role: 'SERVICE', ip: '127.0.0.1' },
    occurredAt: '2026-01-05T00:00:00.000Z',
    schemaVersion: 1,
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  },
};
