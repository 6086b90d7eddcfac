import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import { contextDatabase } from '#libs/database/src/context-database.js';
import { aggregate } from '#libs/event-sourcing/src/context-runtime.js';
import { EventSourcingModule } from '#libs/event-sourcing/src/event-sourcing.module.js';
import { registerProblemTable } from '#libs/http/src/problem.js';
import { Reconciler } from '#libs/jobs/src/reconciler.js';
import { Clearing } from '#libs/personal-data/src/clearing.js';
import { SecretBox } from '#libs/secrets/src/secret-box.js';
import { AccessTokens } from './access-tokens.js';
import { AuthController } from './auth.controller.js';
import { ClearErasedCopiesPolicy } from './clear-erased-copies/clear-erased-copies.policy.js';
import { Credential, RefreshToken, SigningKey } from './credential-tables.js';
import { AddAdministrator, administratorsDecider, RemoveAdministrator } from './domain/administrators.decider.js';
import { EndSession, RefreshSession, sessionDecider, StartSession } from './domain/session.decider.js';
import { erasureCommands, erasureDecider } from './domain/erasure.decider.js';
import { CreateUser, DeleteUser, userDecider } from './domain/user.decider.js';
import { ErasureListController } from './erasure-list/erasure-list.controller.js';
import { ErasureRow } from './erasure-list/erasure-list.entity.js';
import { erasureListProjection } from './erasure-list/erasure-list.projection.js';
import { CarryOutErasuresPolicy } from './erasures/carry-out-erasures.policy.js';
import { CollectClearancesPolicy } from './erasures/collect-clearances.policy.js';
import { Erasures } from './erasures/erasures.js';
import { ErasuresController } from './erasures/erasures.controller.js';
import { ForgetKeys } from './erasures/forget-keys.js';
import { FirstAdministrator } from './first-administrator.js';
import { identityProblems } from './identity.problems.js';
import { MailHash } from './mail-hash.js';
import { CredentialTables1763769600000 } from './migrations/1763769600000-credential-tables.js';
import { Passwords } from './passwords.js';
import { ServiceClients } from './service-clients.js';
import { Sessions } from './sessions.js';
import { encryptionKey, serviceClientsFile } from './settings.js';
import { SignInSecrets } from './sign-in-secrets.js';
import { SigningKeys } from './signing-keys.js';
import { TokenController } from './token.controller.js';
import { Users } from './users.js';

const sweepEveryMs = 1_000;

@Module({
  imports: [
    AuthModule,
    JwtModule.register({}),
    contextDatabase({
      context: 'identity',
      entities: [Credential, RefreshToken, SigningKey, ErasureRow],
      migrations: [CredentialTables1763769600000],
    }),
    EventSourcingModule.forContext({
      context: 'identity',
      aggregates: [
        aggregate(userDecider, [CreateUser, DeleteUser]),
        aggregate(administratorsDecider, [AddAdministrator, RemoveAdministrator]),
        aggregate(sessionDecider, [StartSession, RefreshSession, EndSession]),
        aggregate(erasureDecider, erasureCommands),
      ],
      projections: [erasureListProjection],
    }),
  ],
  controllers: [
    AuthController,
    TokenController,
    ErasuresController,
    ErasureListController,
    CarryOutErasuresPolicy,
    CollectClearancesPolicy,
    ClearErasedCopiesPolicy,
  ],
  providers: [
    AccessTokens,
    Clearing,
    Erasures,
    FirstAdministrator,
    ForgetKeys,
    Sessions,
    SignInSecrets,
    SigningKeys,
    Users,
    {
      provide: Reconciler,
      useFactory: (keys: ForgetKeys) =>
        new Reconciler({ name: 'erasures', everyMs: sweepEveryMs, sweep: (signal) => keys.sweep(signal) }),
      inject: [ForgetKeys],
    },
    { provide: MailHash, useFactory: () => new MailHash(encryptionKey()) },
    { provide: Passwords, useFactory: () => Passwords.create() },
    { provide: SecretBox, useFactory: () => SecretBox.fromKey(encryptionKey()) },
    { provide: ServiceClients, useFactory: () => ServiceClients.fromFile(serviceClientsFile()) },
  ],
})
export class IdentityModule {
  constructor() {
    registerProblemTable(identityProblems);
  }
}
