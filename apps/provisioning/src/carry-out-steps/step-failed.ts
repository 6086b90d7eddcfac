import type { Failure } from '../kubernetes/failure-reason.js';

/** A step can't be carried out until somebody has mended what is wrong. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';

  constructor(readonly failure: Pick<Failure, 'reason' | 'whatToDo'> & { readonly object?: string }) {
    super(failure.reason);
  }
}
