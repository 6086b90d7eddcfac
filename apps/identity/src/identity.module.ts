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
import { Accounts } from './accounts.js';
import { ApiKeyRow } from './api-keys/api-key-list.entity.js';
import { apiKeyListProjection } from './api-keys/api-key-list.projection.js';
import { ApiKeysController } from './api-keys/api-keys.controller.js';
import { ApiKeys } from './api-keys/api-keys.js';
import { AuditLogController } from './audit-log-list/audit-log.controller.js';
import { AuditLogRow } from './audit-log-list/audit-log.entity.js';
import { auditLogProjection } from './audit-log-list/audit-log.projection.js';
import { AuthController } from './auth.controller.js';
import { ClearErasedCopiesPolicy } from './clear-erased-copies/clear-erased-copies.policy.js';
import {
  ApiKeySecret,
  Credential,
  PendingPassword,
  PasswordReset,
  RefreshToken,
  SecondFactor,
  SigningKey,
} from './credential-tables.js';
import { apiKeyCommands, apiKeyDecider } from './domain/api-key.decider.js';
import { AddAdministrator, administratorsDecider, RemoveAdministrator } from './domain/administrators.decider.js';
import { sessionCommands, sessionDecider } from './domain/session.decider.js';
import { erasureCommands, erasureDecider } from './domain/erasure.decider.js';
import { signInCommands, signInDecider } from './domain/sign-in.decider.js';
import { RecordRefusal, refusedAccessDecider } from './domain/refused-access.decider.js';
import { userCommands, userDecider } from './domain/user.decider.js';
import { ErasureListController } from './erasure-list/erasure-list.controller.js';
import { ErasureRow } from './erasure-list/erasure-list.entity.js';
import { erasureListProjection } from './erasure-list/erasure-list.projection.js';
import { CarryOutErasuresPolicy } from './erasures/carry-out-erasures.policy.js';
import { CollectClearancesPolicy } from './erasures/collect-clearances.policy.js';
import { Erasures } from './erasures/erasures.js';
import { ErasuresController } from './erasures/erasures.controller.js';
import { ForgetKeys } from './erasures/forget-keys.js';
import { FirstAdministrator } from './first-administrator.js';
import { FollowUsersPolicy } from './follow-users/follow-users.policy.js';
import { identityProblems } from './identity.problems.js';
import { MailHash } from './mail-hash.js';
import { CredentialTables1763769600000 } from './migrations/1763769600000-credential-tables.js';
import { SignInSecrets1763856000000 } from './migrations/1763856000000-sign-in-secrets.js';
import { PasswordsTheLogNames1763942400000 } from './migrations/1763942400000-passwords-the-log-names.js';
import { PasswordChanges } from './password-changes.js';
import { PasswordsController } from './passwords.controller.js';
import { Passwords } from './passwords.js';
import { RefusedAccesses } from './refused-accesses.js';
import { RepeatableSecrets } from './repeatable-secrets.js';
import { RevocationListController } from './revocation-list/revocation-list.controller.js';
import { RevocationRow } from './revocation-list/revocation-list.entity.js';
import { revocationListProjection } from './revocation-list/revocation-list.projection.js';
import { RevokeSessionsPolicy } from './revoke-sessions/revoke-sessions.policy.js';
import { SecondFactorController } from './second-factor.controller.js';
import { SecondFactors } from './second-factors.js';
import { ServiceClients } from './service-clients.js';
import { SetPasswordPageController } from './set-password-page/set-password-page.controller.js';
import { SessionListController } from './session-list/session-list.controller.js';
import { SessionRow } from './session-list/session-list.entity.js';
import { sessionListProjection } from './session-list/session-list.projection.js';
import { Sessions } from './sessions.js';
import { encryptionKey, serviceClientsFile } from './settings.js';
import { SignInGuard } from './sign-in-guard.js';
import { SignInMails } from './sign-in-mails.js';
import { SignInSecrets } from './sign-in-secrets.js';
import { SigningKeys } from './signing-keys.js';
import { StoredPasswords } from './stored-passwords.js';
import { TokenController } from './token.controller.js';
import { UserListController } from './user-list/user-list.controller.js';
import { UserRow } from './user-list/user-list.entity.js';
import { userListProjection } from './user-list/user-list.projection.js';
import { UsersController } from './users.controller.js';
import { Users } from './users.js';

const sweepEveryMs = 1_000;
const secretTables = [ApiKeySecret, Credential, PendingPassword, PasswordReset, RefreshToken, SecondFactor, SigningKey];
const readModels = [ApiKeyRow, AuditLogRow, ErasureRow, RevocationRow, SessionRow, UserRow];

@Module({
  imports: [
    AuthModule,
    JwtModule.register({}),
    contextDatabase({
      context: 'identity',
      entities: [...secretTables, ...readModels],
      migrations: [CredentialTables1763769600000, SignInSecrets1763856000000, PasswordsTheLogNames1763942400000],
    }),
    EventSourcingModule.forContext({
      context: 'identity',
      aggregates: [
        aggregate(userDecider, userCommands),
        aggregate(administratorsDecider, [AddAdministrator, RemoveAdministrator]),
        aggregate(sessionDecider, sessionCommands),
        aggregate(erasureDecider, erasureCommands),
        aggregate(signInDecider, signInCommands),
        aggregate(apiKeyDecider, apiKeyCommands),
        aggregate(refusedAccessDecider, [RecordRefusal]),
      ],
      projections: [
        apiKeyListProjection,
        auditLogProjection,
        erasureListProjection,
        revocationListProjection,
        sessionListProjection,
        userListProjection,
      ],
    }),
  ],
  controllers: [
    AuthController,
    TokenController,
    PasswordsController,
    SetPasswordPageController,
    SecondFactorController,
    ApiKeysController,
    AuditLogController,
    ErasuresController,
    ErasureListController,
    RevocationListController,
    RevokeSessionsPolicy,
    SessionListController,
    UsersController,
    UserListController,
    FollowUsersPolicy,
    CarryOutErasuresPolicy,
    CollectClearancesPolicy,
    ClearErasedCopiesPolicy,
  ],
  providers: [
    AccessTokens,
    Accounts,
    ApiKeys,
    Clearing,
    Erasures,
    FirstAdministrator,
    ForgetKeys,
    PasswordChanges,
    RefusedAccesses,
    SecondFactors,
    Sessions,
    SignInGuard,
    SignInMails,
    SignInSecrets,
    SigningKeys,
    StoredPasswords,
    Users,
    {
      provide: Reconciler,
      useFactory: (keys: ForgetKeys) =>
        new Reconciler({ name: 'erasures', everyMs: sweepEveryMs, sweep: (signal) => keys.sweep(signal) }),
      inject: [ForgetKeys],
    },
    { provide: MailHash, useFactory: () => new MailHash(encryptionKey()) },
    { provide: RepeatableSecrets, useFactory: () => new RepeatableSecrets(encryptionKey()) },
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
