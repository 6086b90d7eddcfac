import { Command } from '#libs/event-sourcing/src/command.js';
import type { AssignmentCause, CustomerField, CustomerRecord } from '#libs/events/src/customer.js';

/** Writes a customer down. `differsFrom`: customers that look like this one and are others, somebody says. */
export class CreateCustomer extends Command<{
  readonly record: CustomerRecord;
  readonly assignedSalesId: string | null;
  readonly differsFrom?: readonly string[];
  readonly importId?: string;
}> {
  override readonly type = 'create_customer';
}

/** The record is this from now on, all of it. */
export class UpdateCustomer extends Command<{
  readonly record: CustomerRecord;
  readonly differsFrom?: readonly string[];
}> {
  override readonly type = 'update_customer';
}

/** Puts a customer away. */
export class DeleteCustomer extends Command<Record<string, never>> {
  override readonly type = 'delete_customer';
}

export class RestoreCustomer extends Command<Record<string, never>> {
  override readonly type = 'restore_customer';
}

/** Somebody else is to look after a customer; with `onlyFrom` only while that user does. */
export class AssignCustomer extends Command<{
  readonly salesId: string | null;
  readonly cause: Extract<AssignmentCause, 'requested' | 'user_deleted'>;
  readonly onlyFrom?: string;
}> {
  override readonly type = 'assign_customer';
}

/** A sales person takes a customer that is nobody's. */
export class ClaimCustomer extends Command<{ readonly salesId: string }> {
  override readonly type = 'claim_customer';
}

/** Another customer is to become part of this one. */
export class RequestMerge extends Command<{
  readonly mergeId: string;
  readonly mergedCustomerId: string;
  readonly take: readonly CustomerField[];
}> {
  override readonly type = 'request_merge';
}

/** This customer is to become part of another one: it decides once whether it can. */
export class MergeInto extends Command<{ readonly mergeId: string; readonly intoCustomerId: string }> {
  override readonly type = 'merge_into';
}

/** The other customer has decided: its record when it became part of this one, else nothing. */
export class ConcludeMerge extends Command<{ readonly mergeId: string; readonly gone: CustomerRecord | undefined }> {
  override readonly type = 'conclude_merge';
}

export type CustomerCommand =
  | CreateCustomer
  | UpdateCustomer
  | DeleteCustomer
  | RestoreCustomer
  | AssignCustomer
  | ClaimCustomer
  | RequestMerge
  | MergeInto
  | ConcludeMerge;
