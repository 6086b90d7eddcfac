import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { StartError } from '#libs/http/src/bootstrap.js';
import { randomPassword } from '#libs/secrets/src/random-password.js';
import { SealBroken, SecretBox } from '#libs/secrets/src/secret-box.js';
import { Credential } from './credential-tables.js';
import { AddAdministrator, administratorsDecider, administratorsId } from './domain/administrators.decider.js';
import { CreateUser } from './domain/user.decider.js';
import { MailHash } from './mail-hash.js';
import { hashPassword } from './passwords.js';
import { administratorEmail, firstAdministratorFile } from './settings.js';

const firstAdministratorId = stableId('first-administrator');
const credentialId = stableId('credential', firstAdministratorId);
const place = `first-administrator:${credentialId}`;

interface FirstSignIn {
  readonly email: string;
  readonly password: string;
}

/**
 * Makes the first administrator at the first start. The steps are: credential row, file, user, place among the
 * administrators, row without the sealed password. A start that is killed between two of them is carried on by the
 * next one, with the password of the row, so that the password in the file is always the one that works. Processes
 * that start together agree on the row. Once there was an administrator, a missing row means that the first one was
 * erased, and another one is there.
 */
@Injectable()
export class FirstAdministrator implements OnApplicationBootstrap {
  private readonly logger = new Logger('FirstAdministrator');

  constructor(
    @InjectRepository(Credential, 'identity') private readonly credentials: Repository<Credential>,
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly box: SecretBox,
    private readonly mailHash: MailHash,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const known = await this.credentials.findOneBy({ id: credentialId });
    if (known?.firstSignIn === null || (!known && (await this.hadAdministrators()))) return;
    const file = firstAdministratorFile();
    if (file === undefined) {
      this.logger.warn(
        'Nobody can sign in yet: there is no administrator. Set FIRST_ADMINISTRATOR_FILE to the path of a file that ' +
          'shall get the mail and the password of the first one, and start again.',
      );
      return;
    }
    const { firstSignIn, version } = known ?? (await this.insertOrRead());
    if (firstSignIn === null) return;
    const { email, password } = this.open(firstSignIn);
    await writeSecretFile(file, { email, password });
    await this.create(email, version);
    await this.addToAdministrators();
    await this.credentials.update({ id: credentialId }, { firstSignIn: null });
    this.logger.log('The first administrator was made. FIRST_ADMINISTRATOR_FILE names the file with the password.');
  }

  private async hadAdministrators(): Promise<boolean> {
    const { status } = await this.aggregates.load(administratorsDecider, administratorsId);
    return status !== 'none';
  }

  private async insertOrRead(): Promise<Credential> {
    const signIn: FirstSignIn = { email: administratorEmail(), password: randomPassword() };
    const row: Credential = {
      id: credentialId,
      userId: firstAdministratorId,
      version: 1,
      mailHash: this.mailHash.of(signIn.email),
      passwordHash: await hashPassword(signIn.password),
      firstSignIn: this.box.seal(JSON.stringify(signIn), place),
    };
    await this.credentials.createQueryBuilder().insert().values(row).orIgnore().execute();
    return this.credentials.findOneByOrFail({ id: credentialId });
  }

  private open(sealed: string): FirstSignIn {
    try {
      return JSON.parse(this.box.open(sealed, place)) as FirstSignIn;
    } catch (error) {
      if (error instanceof SealBroken) throw new StartError(error.message);
      throw error;
    }
  }

  private async create(email: string, version: number): Promise<void> {
    const data = { email, name: 'Administrator', role: 'ADMIN', credential: { id: credentialId, version } } as const;
    await this.commands.execute<CreateUser, Committed>(
      new CreateUser(firstAdministratorId, data, firstStart('create-first-administrator')),
    );
  }

  private async addToAdministrators(): Promise<void> {
    const data = { userId: firstAdministratorId, userRevision: 0 };
    await this.commands.execute<AddAdministrator, Committed>(
      new AddAdministrator(administratorsId, data, firstStart('add-first-administrator')),
    );
  }
}

function firstStart(step: string): CommandContext {
  const commandId = stableId(step);
  return {
    commandId,
    correlationId: commandId,
    actor: { id: 'system:first-start', role: 'SYSTEM' },
    occurredAt: new Date().toISOString(),
  };
}

/** Replaces the file as a whole, readable by its owner only. */
async function writeSecretFile(path: string, content: FirstSignIn): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, `${JSON.stringify(content)}\n`, { mode: 0o600, flag: 'wx', flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new StartError(
      `FIRST_ADMINISTRATOR_FILE can't be written (${reason}). Set it to a file in a folder that exists and is writable.`,
    );
  }
}
