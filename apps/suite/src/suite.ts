import { ContractModule } from '#apps/contract/src/contract.module.js';
import { CustomerModule } from '#apps/customer/src/customer.module.js';
import { IdentityModule } from '#apps/identity/src/identity.module.js';
import { NotificationModule } from '#apps/notification/src/notification.module.js';
import { OpportunityModule } from '#apps/opportunity/src/opportunity.module.js';
import { ProvisioningModule } from '#apps/provisioning/src/provisioning.module.js';
import { SalesActivityModule } from '#apps/sales-activity/src/sales-activity.module.js';

/** Every context in one process: the embedded default. */
export const suiteContexts = [
  IdentityModule,
  ContractModule,
  CustomerModule,
  OpportunityModule,
  ProvisioningModule,
  NotificationModule,
  SalesActivityModule,
];
