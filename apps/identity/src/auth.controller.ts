import { Body, Controller, Get, Header, HttpCode, Post, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Principal, Public, RequirePermission } from '#libs/auth/src/access.js';
import { authProblem } from '#libs/auth/src/auth-problems.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import type { Role } from '#libs/events/src/identity.js';
import { Context } from '#libs/http/src/command-context.js';
import type { Caller } from '#libs/http/src/request.js';
import { Me, RefreshDto, SessionTokens, SignInDto } from './auth.dto.js';
import { identityProblem } from './identity.problems.js';
import { meOf, sessionTokens } from './session-tokens.js';
import { Sessions } from './sessions.js';
import { Users } from './users.js';

@ApiTags('Auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly sessions: Sessions,
    private readonly users: Users,
  ) {}

  @Post('login')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Public()
  @ApiOperation({
    summary: 'Sign in with mail and password',
    description:
      'Starts a session of 14 days. A repetition with the same Idempotency-Key answers the same session. Whoever has a ' +
      'second factor sends its code too. The fifth refusal in a row locks the mail address for a minute, each further ' +
      'one for twice as long, an hour at most.',
  })
  @ApiOkResponse({ type: SessionTokens })
  async login(
    @Body() { email, password, code }: SignInDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionTokens> {
    return sessionTokens(await this.sessions.signIn(email, password, code, context), reply);
  }

  @Post('refresh')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Public()
  @ApiOperation({
    summary: 'Exchange a refresh token for new tokens',
    description:
      'Each refresh token is good once. A second use, even at the same instant, ends the session for everybody who ' +
      'holds its tokens. To repeat a request whose answer was lost, send it with the same Idempotency-Key.',
  })
  @ApiOkResponse({ type: SessionTokens })
  async refresh(
    @Body() { refreshToken }: RefreshDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionTokens> {
    return sessionTokens(await this.sessions.refresh(refreshToken, context), reply);
  }

  @Post('logout')
  @HttpCode(204)
  @RequirePermission('own-session:use')
  @ApiOperation({
    summary: 'Sign out',
    description: 'Ends the session of the access token. Its tokens are refused everywhere within a second.',
  })
  @ApiNoContentResponse({ description: 'The session has ended.' })
  async logout(
    @Principal() { sessionId }: Caller,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    if (sessionId === undefined) throw identityProblem('no_session');
    const { position } = await this.sessions.signOut(sessionId, context);
    void reply.header('X-Event-Position', position.toString());
  }

  @Get('me')
  @Header('Cache-Control', 'no-store')
  @RequirePermission('own-session:use')
  @ApiOperation({
    summary: 'Read who is signed in',
    description: 'Who the access token stands for: a user, or a machine client.',
  })
  @ApiOkResponse({ type: Me })
  async me(@Principal() { id, name, role, sessionId }: Caller): Promise<Me> {
    if (sessionId === undefined) return { id, name, role: role as Role };
    const user = await this.users.find(id);
    if (!user) throw authProblem('unauthenticated');
    return meOf(user);
  }
}
