import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import { contextDatabase } from '#libs/database/src/context-database.js';
import { aggregate } from '#libs/event-sourcing/src/context-runtime.js';
import { EventSourcingModule } from '#libs/event-sourcing/src/event-sourcing.module.js';
import { registerProblemTable } from '#libs/http/src/problem.js';
import { SecretBox } from '#libs/secrets/src/secret-box.js';
import { AccessTokens } from './access-tokens.js';
import { AuthController } from './auth.controller.js';
import { Credential, RefreshToken, SigningKey } from './credential-tables.js';
import { AddAdministrator, administratorsDecider, RemoveAdministrator } from './domain/administrators.decider.js';
import { EndSession, RefreshSession, sessionDecider, StartSession } from './domain/session.decider.js';
import { CreateUser, userDecider } from './domain/user.decider.js';
import { FirstAdministrator } from './first-administrator.js';
import { identityProblems } from './identity.problems.js';
import { MailHash } from './mail-hash.js';
import { CredentialTables1763769600000 } from './migrations/1763769600000-credential-tables.js';
import { Passwords } from './passwords.js';
import { ServiceClients } from './service-clients.js';
import { Sessions } from './sessions.js';
import { encryptionKey, serviceClientsFile } from './settings.js';
import { SigningKeys } from './signing-keys.js';
import { TokenController } from './token.controller.js';
import { Users } from './users.js';

@Module({
  imports: [
    AuthModule,
    JwtModule.register({}),
    contextDatabase({
      context: 'identity',
      entities: [Credential, RefreshToken, SigningKey],
      migrations: [CredentialTables1763769600000],
    }),
    EventSourcingModule.forContext({
      context: 'identity',
      aggregates: [
        aggregate(userDecider, [CreateUser]),
        aggregate(administratorsDecider, [AddAdministrator, RemoveAdministrator]),
        aggregate(sessionDecider, [StartSession, RefreshSession, EndSession]),
      ],
    }),
  ],
  controllers: [AuthController, TokenController],
  providers: [
    AccessTokens,
    FirstAdministrator,
    Sessions,
    SigningKeys,
    Users,
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
