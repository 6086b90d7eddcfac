import { Module } from '@nestjs/common';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import { contextDatabase } from '#libs/database/src/context-database.js';
import { aggregate } from '#libs/event-sourcing/src/context-runtime.js';
import { EventSourcingModule } from '#libs/event-sourcing/src/event-sourcing.module.js';
import { registerProblemTable } from '#libs/http/src/problem.js';
import { Reconciler } from '#libs/jobs/src/reconciler.js';
import { Clearing } from '#libs/personal-data/src/clearing.js';
import { ActivityListController } from './activity-list/activity-list.controller.js';
import { activityListProjection } from './activity-list/activity-list.projection.js';
import { ActivityRow } from './activity-list/activity.entity.js';
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
import { FollowCustomersPolicy } from './follow-customers/follow-customers.policy.js';
import { FollowUsersPolicy } from './follow-users/follow-users.policy.js';
import { HistoriesController } from './histories/histories.controller.js';
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
import { dueSoonPauses } from './settings.js';
import { TaskListController } from './task-list/task-list.controller.js';
import { taskListProjection } from './task-list/task-list.projection.js';
import { TaskRow } from './task-list/task.entity.js';
import { TasksController } from './tasks/tasks.controller.js';
import { TaskAlert } from './tell-due-soon/task-alert.entity.js';
import { taskAlertProjection } from './tell-due-soon/task-alert.projection.js';
import { DueSoonSweep } from './tell-due-soon/tell-due-soon.js';

@Module({
  imports: [
    AuthModule,
    contextDatabase({
      context: 'sales-activity',
      entities: [MeetingRow, TaskRow, TaskAlert, ActivityRow, KnownCustomer, KnownUser],
    }),
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
      projections: [
        meetingListProjection,
        taskListProjection,
        taskAlertProjection,
        activityListProjection,
        knownCustomerProjection,
        knownUserProjection,
      ],
    }),
  ],
  controllers: [
    MeetingsController,
    MeetingListController,
    TasksController,
    TaskListController,
    ActivityListController,
    HistoriesController,
    FollowCustomersPolicy,
    FollowUsersPolicy,
    ClearErasedCopiesPolicy,
  ],
  providers: [
    Clearing,
    KnownParties,
    DueSoonSweep,
    {
      provide: Reconciler,
      useFactory: (due: DueSoonSweep) =>
        new Reconciler({ name: 'due-soon', ...dueSoonPauses(), sweep: (signal) => due.sweep(signal) }),
      inject: [DueSoonSweep],
    },
  ],
})
export class SalesActivityModule {
  constructor() {
    registerProblemTable(salesActivityProblems);
  }
}
