import { it } from 'vitest';
import type { ClearanceEvent } from '#libs/events/src/erasure.js';
import { given, testContext } from '#libs/testing/src/given.js';
import { clearanceDecider, clearanceId, ConfirmCopiesCleared } from './clearance.decider.js';

const data = { erasureId: 'e-1', subject: 'contract:c-1', context: 'contract' } as const;
const cleared: ClearanceEvent = { type: 'erasure.copies_cleared', data };
const confirm = new ConfirmCopiesCleared(clearanceId('contract', 'e-1'), data, testContext());

it('a context confirms once', () => {
  given(clearanceDecider).when(confirm).then(cleared);
  given(clearanceDecider, cleared).when(confirm).thenNothing();
});
