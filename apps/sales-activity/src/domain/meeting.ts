import { Command } from '#libs/event-sourcing/src/command.js';
import type { ChangedBy } from '#libs/event-sourcing/src/event.js';
import type { DeletionReason, MeetingRecord } from '#libs/events/src/sales-activity.js';
import type { Archiving, Move, Restoration } from './archive.js';
import type { Parties, PartyRefusal } from './parties.js';

export type MeetingState =
  | { readonly status: 'none' }
  | { readonly status: 'active'; readonly record: MeetingRecord }
  | {
      readonly status: 'deleted';
      readonly record: MeetingRecord;
      readonly reason: DeletionReason;
      readonly deletedBy?: ChangedBy | undefined;
    };

export type MeetingRefusal =
  PartyRefusal | 'meeting_not_found' | 'meeting_exists' | 'meeting_is_deleted' | 'meeting_not_deleted';

export class CreateMeeting extends Command<{ readonly record: MeetingRecord; readonly parties: Parties }> {
  override readonly type = 'create_meeting';
}

/** What is left out stays. */
export class ChangeMeeting extends Command<{ readonly changes: Partial<MeetingRecord>; readonly parties: Parties }> {
  override readonly type = 'change_meeting';
}

export class DeleteMeeting extends Command<Record<string, never>> {
  override readonly type = 'delete_meeting';
}

export class RestoreMeeting extends Command<Restoration> {
  override readonly type = 'restore_meeting';
}

export class ArchiveMeeting extends Command<Archiving> {
  override readonly type = 'archive_meeting';
}

/** The customer is back, and what went with them too. */
export class UnarchiveMeeting extends Command<{ readonly customerId: string }> {
  override readonly type = 'unarchive_meeting';
}

export class MoveMeeting extends Command<Move> {
  override readonly type = 'move_meeting';
}

export type MeetingCommand =
  CreateMeeting | ChangeMeeting | DeleteMeeting | RestoreMeeting | ArchiveMeeting | UnarchiveMeeting | MoveMeeting;
