import { Body, Controller, Get, Header, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '#libs/auth/src/access.js';
import { AccessTokens } from './access-tokens.js';
import { ClientToken, ClientTokenDto, KeySet } from './auth.dto.js';
import { identityProblem } from './identity.problems.js';
import { ServiceClients } from './service-clients.js';
import { SigningKeys } from './signing-keys.js';

/** What machines need: a token for themselves, and the keys to check everybody's. */
@ApiTags('Auth')
@Controller('auth')
export class TokenController {
  constructor(
    private readonly clients: ServiceClients,
    private readonly accessTokens: AccessTokens,
    private readonly keys: SigningKeys,
  ) {}

  @Post('token')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Public()
  @ApiOperation({
    summary: 'Get an access token as a machine client',
    description: 'OAuth 2.0 client credentials, in a JSON body. The token carries the role SERVICE.',
  })
  @ApiOkResponse({ type: ClientToken })
  async token(@Body() { grant_type, client_id, client_secret }: ClientTokenDto): Promise<ClientToken> {
    if (grant_type !== 'client_credentials') throw identityProblem('unsupported_grant_type');
    const client = this.clients.authenticate(client_id, client_secret);
    if (!client) throw identityProblem('invalid_client');
    const claims = { sub: client.id, name: client.description, roles: ['SERVICE'] as const };
    const { token, expiresIn } = await this.accessTokens.issue(claims);
    return { access_token: token, token_type: 'Bearer', expires_in: expiresIn };
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
