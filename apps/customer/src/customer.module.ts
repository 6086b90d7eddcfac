import { Module } from '@nestjs/common';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import { contextDatabase } from '#libs/database/src/context-database.js';
import { aggregate } from '#libs/event-sourcing/src/context-runtime.js';
import { EventSourcingModule } from '#libs/event-sourcing/src/event-sourcing.module.js';
import { registerProblemTable } from '#libs/http/src/problem.js';
import { Reconciler } from '#libs/jobs/src/reconciler.js';
import { Clearing } from '#libs/personal-data/src/clearing.js';
import { SecretBox } from '#libs/secrets/src/secret-box.js';
import { AnsweredBefore } from './answered-before.js';
import { CatchUp } from './catch-up.js';
import { ClearErasedCopiesPolicy } from './clear-erased-copies/clear-erased-copies.policy.js';
import { CustomerAssignmentController } from './customer-assignment.controller.js';
import { CustomerHistoryController } from './customer-history/customer-history.controller.js';
import { CustomerListController } from './customer-list/customer-list.controller.js';
import { CustomerRow } from './customer-list/customer-list.entity.js';
import { customerListProjection } from './customer-list/customer-list.projection.js';
import { CustomerSearchController } from './customer-search/customer-search.controller.js';
import { CustomerSearchRow } from './customer-search/customer-search.entity.js';
import { customerSearchProjection } from './customer-search/customer-search.projection.js';
import { CustomerSearch } from './customer-search/customer-search.query.js';
import { CustomerTimelineController } from './customer-timeline/customer-timeline.controller.js';
import { TimelineRow } from './customer-timeline/customer-timeline.entity.js';
import { customerTimelineProjection } from './customer-timeline/customer-timeline.projection.js';
import { CustomerUserRow } from './customer-users/customer-users.entity.js';
import { customerUsersProjection } from './customer-users/customer-users.projection.js';
import { customerProblems } from './customer.problems.js';
import { CustomersController } from './customers.controller.js';
import {
  AssignCustomer,
  ClaimCustomer,
  ConcludeMerge,
  CreateCustomer,
  DeleteCustomer,
  MergeInto,
  RequestMerge,
  RestoreCustomer,
  UpdateCustomer,
} from './domain/customer-commands.js';
import { customerDecider } from './domain/customer.decider.js';
import { Duplicates } from './duplicates/duplicates.js';
import { DuplicateScanController } from './duplicates/duplicate-scan.controller.js';
import { DuplicateScan } from './duplicates/duplicate-scan.js';
import { RecentWrites } from './duplicates/recent-writes.js';
import { ExportController } from './exports/export.controller.js';
import { Alike } from './imports/alike.js';
import { ImportStore } from './imports/import-store.js';
import { IMPORT_SWEEP, ImportWorker, sweepEveryMs } from './imports/import-worker.js';
import { ImportsController } from './imports/imports.controller.js';
import { Imports } from './imports/imports.js';
import { CarryOutMergesPolicy } from './merges/carry-out-merges.policy.js';
import { MergesController } from './merges/merges.controller.js';
import { ImportTables1763793600000 } from './migrations/1763793600000-import-tables.js';
import { ImportUploads1764000000000 } from './migrations/1764000000000-import-uploads.js';
import { ReassignCustomersPolicy } from './reassign-customers/reassign-customers.policy.js';
import { Successors } from './reassign-customers/successors.js';
import { SalesPeople } from './sales-people.js';
import { encryptionKey } from './settings.js';

@Module({
  imports: [
    AuthModule,
    contextDatabase({
      context: 'customer',
      entities: [CustomerRow, CustomerSearchRow, CustomerUserRow, TimelineRow],
      migrations: [ImportTables1763793600000, ImportUploads1764000000000],
    }),
    EventSourcingModule.forContext({
      context: 'customer',
      aggregates: [
        aggregate(customerDecider, [
          CreateCustomer,
          UpdateCustomer,
          DeleteCustomer,
          RestoreCustomer,
          AssignCustomer,
          ClaimCustomer,
          RequestMerge,
          MergeInto,
          ConcludeMerge,
        ]),
      ],
      projections: [
        customerListProjection,
        customerSearchProjection,
        customerUsersProjection,
        customerTimelineProjection,
      ],
    }),
  ],
  controllers: [
    CustomersController,
    CustomerAssignmentController,
    CustomerListController,
    CustomerSearchController,
    DuplicateScanController,
    ImportsController,
    ExportController,
    CustomerHistoryController,
    CustomerTimelineController,
    MergesController,
    CarryOutMergesPolicy,
    ReassignCustomersPolicy,
    ClearErasedCopiesPolicy,
  ],
  providers: [
    AnsweredBefore,
    SalesPeople,
    CustomerSearch,
    CatchUp,
    Duplicates,
    DuplicateScan,
    RecentWrites,
    Successors,
    Clearing,
    { provide: SecretBox, useFactory: () => SecretBox.fromKey(encryptionKey()) },
    Alike,
    ImportStore,
    Imports,
    ImportWorker,
    {
      provide: IMPORT_SWEEP,
      useFactory: (worker: ImportWorker) =>
        new Reconciler({
          name: 'customer-imports',
          everyMs: sweepEveryMs,
          retryMs: 2_000,
          sweep: (signal) => worker.workOff(signal),
        }),
      inject: [ImportWorker],
    },
  ],
})
export class CustomerModule {
  constructor() {
    registerProblemTable(customerProblems);
  }
}
