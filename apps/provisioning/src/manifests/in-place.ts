import { storageBytes } from '#libs/catalogue/src/storage.js';
import type { ContractTerms } from '#libs/events/src/contract.js';

/** Something that no apply can do to an environment that stands. */
export interface InPlaceRefusal {
  /** The object that would have to change; absent when it is the whole environment. */
  readonly object?: string;
  readonly reason: string;
  readonly whatToDo: string;
}

/** What can't be done to an environment that was applied with the terms `from`, with the way out. */
export function refusedInPlace(from: ContractTerms, to: ContractTerms, namespace: string): readonly InPlaceRefusal[] {
  const refused: InPlaceRefusal[] = [];
  if (from.region !== to.region) {
    refused.push({
      reason: `An environment can't move from ${from.region} to ${to.region}`,
      whatToDo: `Sign a new contract in ${to.region}, let the customer bring their files over, then terminate this one.`,
    });
  }
  if ((storageBytes(to.storageQuota) ?? 0) < (storageBytes(from.storageQuota) ?? 0)) {
    refused.push({
      object: `PersistentVolumeClaim files in ${namespace}`,
      reason: `A volume can't shrink from ${from.storageQuota} to ${to.storageQuota}`,
      whatToDo:
        `Keep ${from.storageQuota} or more; or sign a new contract with less, let the customer bring their files over, ` +
        'then terminate this one.',
    });
  }
  return refused;
}
