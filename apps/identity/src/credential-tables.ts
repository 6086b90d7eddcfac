/** Secrets of this context, as hashes or sealed. Nothing of this stands in the log; the log is not needed to read it. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How somebody signs in. Written before the event that names its id and version, which makes it good. */
@Entity({ name: 'credentials', synchronize: false })
export class Credential {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'user_id' }) userId: string;
  @Column('integer') version: number;
  /** Keyed hash of the mail, see MailHash. */
  @Column('text', { name: 'mail_hash' }) mailHash: string;
  @Column('text', { name: 'password_hash' }) passwordHash: string;
  /** Sealed mail and password of the first administrator, until the log knows them. */
  @Column('text', { name: 'first_sign_in', nullable: true }) firstSignIn: string | null;
}

/** A password that takes the place of the one before as soon as an event names its id and version. */
@Entity({ name: 'pending_passwords', synchronize: false })
export class PendingPassword {
  /** Of one attempt to set it: a request that comes twice, with another password even, overwrites nothing. */
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'user_id' }) userId: string;
  @Column('integer') version: number;
  @Column('text', { name: 'password_hash' }) passwordHash: string;
}

@Entity({ name: 'refresh_tokens', synchronize: false })
export class RefreshToken {
  /** SHA-256 of the token, which is 32 random bytes. */
  @PrimaryColumn('text') hash: string;
  @Column('uuid', { name: 'session_id' }) sessionId: string;
  @Column('uuid', { name: 'user_id' }) userId: string;
  @Column('integer') generation: number;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt: Date;
}

/** The members that make an elliptic-curve key (RFC 7518 §6.2.1). */
export interface PublicJwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y: string;
}

@Entity({ name: 'signing_keys', synchronize: false })
export class SigningKey {
  /** Thumbprint of the public key (RFC 7638). */
  @PrimaryColumn('text') kid: string;
  /** Sealed PKCS #8, PEM. */
  @Column('text', { name: 'private_key' }) privateKey: string;
  @Column('jsonb', { name: 'public_key' }) publicKey: PublicJwk;
  /** New tokens are signed with the one active key; the others are published only. */
  @Column('boolean') active: boolean;
}

/** A one-time link to set a new password. */
@Entity({ name: 'password_resets', synchronize: false })
export class PasswordReset {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'user_id' }) userId: string;
  /** SHA-256 of the token, which is 32 random bytes. */
  @Column('text', { name: 'token_hash' }) tokenHash: string;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt: Date;
  /** The command that used it; a repetition of that command may come again. */
  @Column('uuid', { name: 'used_by', nullable: true }) usedBy: string | null;
}

/** What a user proves a second factor with. It counts once the log names its id and version, and while it does. */
@Entity({ name: 'second_factors', synchronize: false })
export class SecondFactor {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'user_id' }) userId: string;
  @Column('integer') version: number;
  @Column('text', { name: 'sealed_seed' }) sealedSeed: string;
  /** Newest time step whose code was used, as a decimal number: each code is good once. */
  @Column('bigint', { name: 'last_step' }) lastStep: string;
  /** SHA-256 of each recovery code that was not used yet; none before a code of the seed was confirmed. */
  @Column('jsonb', { name: 'recovery_codes' }) recoveryCodes: readonly string[];
}

@Entity({ name: 'api_key_secrets', synchronize: false })
export class ApiKeySecret {
  /** Id of the key. */
  @PrimaryColumn('uuid') id: string;
  /** SHA-256 of the secret, which is 32 random bytes. */
  @Column('text', { name: 'secret_hash' }) secretHash: string;
}
