import { Module } from '@nestjs/common';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import { contextDatabase } from '#libs/database/src/context-database.js';
import { aggregate } from '#libs/event-sourcing/src/context-runtime.js';
import { EventSourcingModule } from '#libs/event-sourcing/src/event-sourcing.module.js';
import { registerProblemTable } from '#libs/http/src/problem.js';
import { Clearing } from '#libs/personal-data/src/clearing.js';
import { ClearErasedCopiesPolicy } from './clear-erased-copies/clear-erased-copies.policy.js';
import {
  ArchiveMeeting,
  ChangeMeeting,
  CreateMeeting,
  DeleteMeeting,
  MoveMeeting,
  RestoreMeeting,
  UnarchiveMeeting,
} from './domain/meeting.js';
import { meetingDecider } from './domain/meeting.decider.js';
import {
  ArchiveTask,
  ChangeTask,
  ChangeTaskStatus,
  CreateTask,
  DeleteTask,
  MoveTask,
  ReleaseTask,
  RestoreTask,
  TellDueSoon,
  UnarchiveTask,
} from './domain/task.js';
import { taskDecider } from './domain/task.decider.js';
import { KnownCustomer } from './known-customers/known-customer.entity.js';
import { knownCustomerProjection } from './known-customers/known-customer.projection.js';
import { KnownParties } from './known-parties.js';
import { KnownUser } from './known-users/known-user.entity.js';
import { knownUserProjection } from './known-users/known-user.projection.js';
import { MeetingListController } from './meeting-list/meeting-list.controller.js';
import { meetingListProjection } from './meeting-list/meeting-list.projection.js';
import { MeetingRow } from './meeting-list/meeting.entity.js';
import { MeetingsController } from './meetings/meetings.controller.js';
import { salesActivityProblems } from './sales-activity.problems.js';
import { TaskListController } from './task-list/task-list.controller.js';
import { taskListProjection } from './task-list/task-list.projection.js';
import { TaskRow } from './task-list/task.entity.js';
import { TasksController } from './tasks/tasks.controller.js';

@Module({
  imports: [
    AuthModule,
    contextDatabase({ context: 'sales-activity', entities: [MeetingRow, TaskRow, KnownCustomer, KnownUser] }),
    EventSourcingModule.forContext({
      context: 'sales-activity',
      aggregates: [
        aggregate(meetingDecider, [
          CreateMeeting,
          ChangeMeeting,
          DeleteMeeting,
          RestoreMeeting,
          ArchiveMeeting,
          UnarchiveMeeting,
          MoveMeeting,
        ]),
        aggregate(taskDecider, [
          CreateTask,
          ChangeTask,
          ChangeTaskStatus,
          DeleteTask,
          RestoreTask,
          ArchiveTask,
          ReleaseTask,
          UnarchiveTask,
          MoveTask,
          TellDueSoon,
        ]),
      ],
      projections: [meetingListProjection, taskListProjection, knownCustomerProjection, knownUserProjection],
    }),
  ],
  controllers: [
    MeetingsController,
    MeetingListController,
    TasksController,
    TaskListController,
    ClearErasedCopiesPolicy,
  ],
  providers: [Clearing, KnownParties],
})
export class SalesActivityModule {
  constructor() {
    registerProblemTable(salesActivityProblems);
  }
}
