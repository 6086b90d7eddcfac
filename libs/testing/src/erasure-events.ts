import type { ErasureEvent } from '#libs/events/src/erasure.js';
import type { Subject } from '#libs/events/src/subject.js';

/** The two events by which a projection learns that a subject was erased; each must be enough by itself. */
export function erasureEventsOf(subject: Subject): readonly ErasureEvent[] {
  const erasure = { erasureId: `erasure-of-${subject}`, subject };
  return [
    { type: 'erasure.key_destroyed', data: { ...erasure, destroyedAt: '2026-01-05T09:00:00.000Z' } },
    { type: 'erasure.key_forgotten', data: erasure },
  ];
}
