/** Lets the users of the data set sign in, as identity's own command does before a user's event. */
import { Pool } from 'pg';
import { CreateUser, userDecider } from '#apps/identity/src/domain/user.decider.js';
import { MailHash } from '#apps/identity/src/mail-hash.js';
import { hashPassword } from '#apps/identity/src/passwords.js';
import { SignInMails } from '#apps/identity/src/sign-in-mails.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import type { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { StateCache } from '#libs/event-sourcing/src/state-cache.js';
import { eventCatalogue } from '#libs/events/src/catalogue.js';
import { eventUpcasters } from '#libs/events/src/upcasters.js';
import { ProblemError } from '#libs/http/src/problem.js';
import { StackError, messageOf } from '#libs/local-stack/src/stack-error.js';

export class SignIns {
  /** How many users got the password. The others have that of the run that made them, or one of their own. */
  added = 0;

  private constructor(
    private readonly credentials: Pool,
    private readonly mailHash: MailHash,
    private readonly mails: SignInMails,
    private readonly aggregates: Aggregates,
    private readonly passwordHash: string,
  ) {}

  /**
   * @param url of identity's database
   * @param password of every user that this makes
   * @throws StackError when the database can't be used
   */
  static async connect(url: string, encryptionKey: Buffer, store: EventStore, password: string): Promise<SignIns> {
    const pool = new Pool({ connectionString: url, application_name: 'keiyaku seed', max: 4 });
    // A connection that is lost while nothing is asked is opened anew.
    pool.on('error', () => undefined);
    await pool.query('select from credentials limit 1').catch(async (error: unknown) => {
      await pool.end();
      throw unusable(error);
    });
    const schemas = new EventSchemas(eventCatalogue, eventUpcasters);
    const mailHash = new MailHash(encryptionKey);
    const mails = new SignInMails(mailHash, store, schemas, new StateCache());
    const aggregates = new Aggregates(store, schemas);
    return new SignIns(pool, mailHash, mails, aggregates, await hashPassword(password));
  }

  /**
   * Reserves the mail address and stores the password's hash.
   * @throws StackError when the address is another user's, or the database can't be used
   */
  async prepare({ target: userId, data: { email, credential }, context }: CreateUser): Promise<void> {
    const { status } = await this.aggregates.load(userDecider, userId);
    // Their secrets are gone for good, and their address is free for others.
    if (status === 'deleted') return;
    try {
      await this.mails.reserve(email, userId, { ...context, occurredAt: new Date().toISOString() });
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      throw new StackError(`Somebody else has ${email} already: make another data set with --seed S.`);
    }
    try {
      const { rowCount } = await this.credentials.query(
        `insert into credentials (id, user_id, version, mail_hash, password_hash)
         values ($1, $2, $3, $4, $5) on conflict do nothing`,
        [credential.id, userId, credential.version, this.mailHash.of(email), this.passwordHash],
      );
      this.added += rowCount ?? 0;
    } catch (error) {
      throw unusable(error);
    }
  }

  async close(): Promise<void> {
    await this.credentials.end();
  }
}

/** The message alone: the driver hangs the whole connection on the error, with its password. */
function unusable(error: unknown): StackError {
  return new StackError(
    `Identity's database can't be used (${messageOf(error)}). Start the stack with npm start, and run this again when it is up.`,
  );
}
