import { Body, Controller, Header, HttpCode, Param, Post, Put, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Principal, Public, RequirePermission } from '#libs/auth/src/access.js';
import { authProblem } from '#libs/auth/src/auth-problems.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import type { Caller } from '#libs/http/src/request.js';
import { SessionTokens } from './auth.dto.js';
import { identityProblem } from './identity.problems.js';
import { MailHash } from './mail-hash.js';
import { PasswordChanges } from './password-changes.js';
import { ChangePasswordDto, ResetLinkView, ResetPasswordDto } from './passwords.dto.js';
import { sessionTokens } from './session-tokens.js';
import { Sessions } from './sessions.js';
import { publicUrl } from './settings.js';
import { SignInGuard } from './sign-in-guard.js';
import { Users } from './users.js';

@ApiTags('Passwords')
@Controller('auth')
export class PasswordsController {
  constructor(
    private readonly changes: PasswordChanges,
    private readonly guard: SignInGuard,
    private readonly mailHash: MailHash,
    private readonly sessions: Sessions,
    private readonly users: Users,
  ) {}

  @Put('me/password')
  @Header('Cache-Control', 'no-store')
  @RequirePermission('own-session:use')
  @ApiOperation({
    summary: 'Change your password',
    description: 'Ends all your sessions, this one too, and answers the tokens of a new one.',
  })
  @ApiOkResponse({ type: SessionTokens })
  async change(
    @Body() { currentPassword, newPassword }: ChangePasswordDto,
    @Principal() caller: Caller,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionTokens> {
    if (caller.sessionId === undefined) throw identityProblem('no_session');
    await this.changes.change(caller.id, currentPassword, newPassword, context);
    const user = await this.users.find(caller.id);
    if (!user) throw authProblem('unauthenticated');
    return sessionTokens(await this.sessions.start(user, context), reply);
  }

  @Post('users/:id/password-reset')
  @Header('Cache-Control', 'no-store')
  @RequirePermission('users:manage')
  @ApiOperation({
    summary: 'Make a one-time link to set a password',
    description: 'Good for 24 hours and once, and the links made before for nothing. It is shown in this answer only.',
  })
  @ApiCreatedResponse({ type: ResetLinkView })
  async makeLink(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ResetLinkView> {
    const { token, expiresAt, ...done } = await this.changes.makeLink(id, context);
    const url = `${publicUrl()}/set-password#${token}`;
    return { ...commandResult(done, reply), token, url, expiresAt: expiresAt.toISOString() };
  }

  @Post('password-reset')
  @HttpCode(204)
  @Public()
  @ApiOperation({
    summary: 'Set a password with a one-time link',
    description: 'Ends all sessions of the user and lifts a lock of their mail address. Sign in with the new password.',
  })
  @ApiNoContentResponse({ description: 'The password is set.' })
  async reset(
    @Body() { token, newPassword }: ResetPasswordDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const { position } = await this.changes.reset(token, newPassword, context);
    void reply.header('X-Event-Position', position.toString());
  }

  @Post('users/:id/unlock')
  @HttpCode(200)
  @RequirePermission('users:manage')
  @ApiOperation({
    summary: 'Let a user sign in again',
    description: 'Lifts the lock that too many refused sign-ins have put on their mail address.',
  })
  @ApiOkResponse({ type: CommandResult })
  async unlock(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const user = await this.users.find(id);
    if (!user) throw identityProblem('user_not_found');
    return commandResult(await this.guard.lift(this.mailHash.of(user.email), id, context), reply);
  }
}
