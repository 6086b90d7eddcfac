import { Body, Controller, Get, Header, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { isUUID } from 'class-validator';
import { Public } from '#libs/auth/src/access.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { Context } from '#libs/http/src/command-context.js';
import { ApiKeys } from './api-keys/api-keys.js';
import { AccessTokens } from './access-tokens.js';
import { ClientToken, ClientTokenDto, KeySet } from './auth.dto.js';
import type { RefusedAccess } from './domain/refused-access.decider.js';
import { identityProblem } from './identity.problems.js';
import { RefusedAccesses } from './refused-accesses.js';
import { ServiceClients } from './service-clients.js';
import { SigningKeys } from './signing-keys.js';

/** What machines need: a token for themselves, and the keys to check everybody's. */
@ApiTags('Auth')
@Controller('auth')
export class TokenController {
  constructor(
    private readonly clients: ServiceClients,
    private readonly apiKeys: ApiKeys,
    private readonly accessTokens: AccessTokens,
    private readonly keys: SigningKeys,
    private readonly refused: RefusedAccesses,
  ) {}

  @Post('token')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Public()
  @ApiOperation({
    summary: 'Get an access token as a machine client',
    description:
      'OAuth 2.0 client credentials, in a JSON body. The token carries the role SERVICE, or that of the key: a key is ' +
      'kyk_<client_id>_<client_secret>, and can be sent as it is to every other route.',
  })
  @ApiOkResponse({ type: ClientToken })
  async token(
    @Body() { grant_type, client_id, client_secret }: ClientTokenDto,
    @Context() context: CommandContext,
  ): Promise<ClientToken> {
    if (grant_type !== 'client_credentials') throw identityProblem('unsupported_grant_type');
    const issued = await this.issue(client_id, client_secret);
    if ('means' in issued) {
      await this.refused.record(issued, context);
      throw identityProblem('invalid_client');
    }
    const { token, expiresIn } = issued;
    return { access_token: token, token_type: 'Bearer', expires_in: expiresIn };
  }

  private async issue(id: string, secret: string): Promise<{ token: string; expiresIn: number } | RefusedAccess> {
    if (isUUID(id)) {
      // However it is written: the table finds it in capitals too, streams do not.
      const keyId = id.toLowerCase();
      const holder = await this.apiKeys.authenticate(keyId, secret);
      if (typeof holder === 'string') {
        return { means: 'api_key', clientId: holder === 'unknown' ? null : keyId, userId: null, reason: holder };
      }
      const { name, role, scopes, expiresAt } = holder;
      const claims = { sub: `api-key:${keyId}`, name, roles: [role], key: keyId, ...(scopes && { scopes }) };
      return this.accessTokens.issue(claims, Math.ceil((expiresAt.getTime() - Date.now()) / 1000));
    }
    const client = this.clients.authenticate(id, secret);
    if (client) return this.accessTokens.issue({ sub: client.id, name: client.description, roles: ['SERVICE'] });
    const means = 'machine_client';
    return this.clients.has(id)
      ? { means, clientId: id, userId: null, reason: 'wrong_secret' }
      : { means, clientId: null, userId: null, reason: 'unknown' };
  }

  @Get('.well-known/jwks.json')
  @Header('Cache-Control', 'public, max-age=60')
  @Public()
  @ApiOperation({
    summary: 'Read the public signing keys',
    description: 'The keys that access tokens are signed with, as a key set (RFC 7517).',
  })
  @ApiOkResponse({ type: KeySet })
  async keySet(): Promise<KeySet> {
    return { keys: await this.keys.published() };
  }
}
