import { Module } from '@nestjs/common';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import { contextDatabase } from '#libs/database/src/context-database.js';
import { aggregate } from '#libs/event-sourcing/src/context-runtime.js';
import { EventSourcingModule } from '#libs/event-sourcing/src/event-sourcing.module.js';
import { registerProblemTable } from '#libs/http/src/problem.js';
import { Clearing } from '#libs/personal-data/src/clearing.js';
import { ClearErasedCopiesPolicy } from './clear-erased-copies/clear-erased-copies.policy.js';
import { CustomerAssignmentController } from './customer-assignment.controller.js';
import { CustomerListController } from './customer-list/customer-list.controller.js';
import { CustomerRow } from './customer-list/customer-list.entity.js';
import { customerListProjection } from './customer-list/customer-list.projection.js';
import { CustomerSearchController } from './customer-search/customer-search.controller.js';
import { CustomerSearchRow } from './customer-search/customer-search.entity.js';
import { customerSearchProjection } from './customer-search/customer-search.projection.js';
import { CustomerSearch } from './customer-search/customer-search.query.js';
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
import { ReassignCustomersPolicy } from './reassign-customers/reassign-customers.policy.js';
import { Successors } from './reassign-customers/successors.js';
import { SalesPeople } from './sales-people.js';

@Module({
  imports: [
    AuthModule,
    contextDatabase({ context: 'customer', entities: [CustomerRow, CustomerSearchRow, CustomerUserRow] }),
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
      projections: [customerListProjection, customerSearchProjection, customerUsersProjection],
    }),
  ],
  controllers: [
    CustomersController,
    CustomerAssignmentController,
    CustomerListController,
    CustomerSearchController,
    ReassignCustomersPolicy,
    ClearErasedCopiesPolicy,
  ],
  providers: [SalesPeople, CustomerSearch, Duplicates, Successors, Clearing],
})
export class CustomerModule {
  constructor() {
    registerProblemTable(customerProblems);
  }
}
