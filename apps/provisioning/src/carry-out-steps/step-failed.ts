import type { Failure } from '../kubernetes/failure-reason.js';

/** A step can't be carried out until somebody has mended what is wrong. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';

  constructor(readonly failure: Omit<Failure, 'object'> & { readonly object?: string }) {
    super(failure.reason);
  }
}
