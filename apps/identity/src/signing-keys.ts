import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { accessTokenAlgorithm } from '#libs/auth/src/access-token.js';
import { StartError } from '#libs/http/src/bootstrap.js';
import { SealBroken, SecretBox } from '#libs/secrets/src/secret-box.js';
import { type PublicJwk, SigningKey } from './credential-tables.js';

export interface PublishedKey extends PublicJwk {
  readonly kid: string;
  readonly alg: string;
  readonly use: string;
}

/** The P-256 keys that sign access tokens. The first start makes one; processes that start together agree on it. */
@Injectable()
export class SigningKeys implements OnModuleInit {
  private reading: Promise<readonly PublishedKey[]> | undefined;
  private loaded: { readonly kid: string; readonly key: KeyObject } | undefined;

  constructor(
    @InjectRepository(SigningKey, 'identity') private readonly rows: Repository<SigningKey>,
    private readonly box: SecretBox,
  ) {}

  async onModuleInit(): Promise<void> {
    const known = await this.rows.findOneBy({ active: true });
    const row = known ?? (await this.insertOrRead());
    this.loaded = { kid: row.kid, key: createPrivateKey(this.open(row)) };
  }

  /** The key for new tokens. */
  get current(): { readonly kid: string; readonly key: KeyObject } {
    if (!this.loaded) throw new Error('The signing key is read when the module starts.');
    return this.loaded;
  }

  /** The public halves of all keys: readers choose by `kid`. Nobody is refused them, so callers share one answer. */
  published(): Promise<readonly PublishedKey[]> {
    return (this.reading ??= this.readPublished().finally(() => (this.reading = undefined)));
  }

  private async readPublished(): Promise<readonly PublishedKey[]> {
    const rows = await this.rows.find();
    return rows.map(({ kid, publicKey }) => ({ ...publicKey, kid, alg: accessTokenAlgorithm, use: 'sig' }));
  }

  private async insertOrRead(): Promise<SigningKey> {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' }) as PublicJwk;
    const kid = thumbprint(jwk);
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const made = { kid, privateKey: this.box.seal(pem, place(kid)), publicKey: jwk, active: true };
    await this.rows.createQueryBuilder().insert().values(made).orIgnore().execute();
    return this.rows.findOneByOrFail({ active: true });
  }

  private open(row: SigningKey): string {
    try {
      return this.box.open(row.privateKey, place(row.kid));
    } catch (error) {
      if (error instanceof SealBroken) throw new StartError(error.message);
      throw error;
    }
  }
}

function place(kid: string): string {
  return `signing-key:${kid}`;
}

/** RFC 7638: the hash of the members that make the key, in this order. */
function thumbprint({ crv, kty, x, y }: PublicJwk): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}
