import { Global, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { StartError } from '#libs/http/src/bootstrap.js';
import { readEnv, secretKey, url } from '#libs/http/src/env.js';
import { HealthRegistry } from '#libs/http/src/health.js';
import { PostgresSubjectKeys } from './postgres-subject-keys.js';
import { SubjectKeys, SubjectKeysUnavailable } from './subject-keys.js';

/** The key database: connected at start, shown by `/ready` as `personal-data.keys`. */
@Global()
@Module({
  providers: [
    { provide: PostgresSubjectKeys, useFactory: connect },
    { provide: SubjectKeys, useExisting: PostgresSubjectKeys },
  ],
  exports: [SubjectKeys],
})
export class PersonalDataModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly keys: PostgresSubjectKeys,
    private readonly health: HealthRegistry,
  ) {}

  onModuleInit(): void {
    this.health.register('personal-data.keys', async () => {
      await this.keys.ping();
      return { ok: true };
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.keys.close();
  }
}

/** @throws StartError when the key database can't be used */
async function connect(): Promise<PostgresSubjectKeys> {
  const { PERSONAL_KEYS_DATABASE_URL, ENCRYPTION_KEY } = readEnv({
    PERSONAL_KEYS_DATABASE_URL: url({ example: 'postgres://keiyaku@127.0.0.1:5432/personal_keys' }),
    ENCRYPTION_KEY: secretKey(),
  });
  try {
    return await PostgresSubjectKeys.connect(PERSONAL_KEYS_DATABASE_URL, ENCRYPTION_KEY);
  } catch (error) {
    if (!(error instanceof SubjectKeysUnavailable)) throw error;
    // The driver's message names the host and the user; the password stands in neither.
    const { cause } = error;
    const reason = cause instanceof Error ? ('code' in cause && cause.message === '' ? cause.code : cause.message) : '';
    throw new StartError(`The key database can't be used: ${String(reason)}. Check PERSONAL_KEYS_DATABASE_URL.`);
  }
}
