import { Body, Controller, Delete, Header, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { Principal, RequirePermission } from '#libs/auth/src/access.js';
import { authProblem } from '#libs/auth/src/auth-problems.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import type { Caller } from '#libs/http/src/request.js';
import { withoutSecret } from './command-steps.js';
import { identityProblem } from './identity.problems.js';
import { MailHash } from './mail-hash.js';
import { SecondFactors } from './second-factors.js';
import { SignInGuard } from './sign-in-guard.js';
import { type CurrentUser, Users } from './users.js';

class CodeDto {
  @ApiProperty({ example: '492039', minLength: 1, maxLength: 64 })
  @IsString()
  @Length(1, 64)
  readonly code: string;
}

class SecondFactorSeed {
  @ApiProperty({ description: 'For typing in, base32.' }) readonly seed: string;
  @ApiProperty({ description: 'For a QR code.', example: 'otpauth://totp/…' }) readonly uri: string;
}

class RecoveryCodes {
  @ApiProperty({ type: [String], description: 'Each stands in for a code once. Shown in this answer only.' })
  readonly recoveryCodes: readonly string[];
}

@ApiTags('Second factor')
@Controller('auth')
export class SecondFactorController {
  constructor(
    private readonly factors: SecondFactors,
    private readonly guard: SignInGuard,
    private readonly mailHash: MailHash,
    private readonly users: Users,
  ) {}

  @Post('me/second-factor')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @RequirePermission('own-session:use')
  @ApiOperation({
    summary: 'Begin to use a second factor',
    description: 'Answers a seed for an authenticator app (RFC 6238). It counts once a code of it was confirmed.',
  })
  @ApiOkResponse({ type: SecondFactorSeed })
  async begin(@Principal() caller: Caller): Promise<SecondFactorSeed> {
    return this.factors.begin(await this.userOf(caller));
  }

  @Post('me/second-factor/confirm')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @RequirePermission('own-session:use')
  @ApiOperation({
    summary: 'Confirm a second factor',
    description: 'From here on a sign-in takes a code. Keep the recovery codes where the app is not.',
  })
  @ApiOkResponse({ type: RecoveryCodes })
  async confirm(
    @Body() { code }: CodeDto,
    @Principal() caller: Caller,
    @Context() context: CommandContext,
  ): Promise<RecoveryCodes> {
    const user = await this.userOf(caller);
    return { recoveryCodes: await this.factors.confirm(user.id, code, withoutSecret(context, {})) };
  }

  @Post('me/second-factor/disable')
  @HttpCode(200)
  @RequirePermission('own-session:use')
  @ApiOperation({
    summary: 'Give up your second factor',
    description: 'Takes a code of it, or a recovery code. Refusals count like those of sign-ins.',
  })
  @ApiOkResponse({ type: CommandResult })
  async disable(
    @Body() { code }: CodeDto,
    @Principal() caller: Caller,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const user = await this.userOf(caller);
    const outcome = await this.guard.attempt(this.mailHash.of(user.email), context, async () =>
      (await this.factors.check(user, code, context)) === 'passed'
        ? { ok: true, user, result: 'right', keepsCount: true }
        : { ok: false, userId: user.id, reason: 'wrong_code' },
    );
    if (outcome !== 'right') throw identityProblem('second_factor_refused');
    return commandResult(await this.factors.disable(user.id, withoutSecret(context, {})), reply);
  }

  @Delete('users/:id/second-factor')
  @RequirePermission('users:manage')
  @ApiOperation({
    summary: "Take away a user's second factor",
    description: 'For somebody who lost both the app and the recovery codes. Make sure that it is them who asks.',
  })
  @ApiOkResponse({ type: CommandResult })
  async remove(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return commandResult(await this.factors.disable(id, context), reply);
  }

  private async userOf({ id, sessionId }: Caller): Promise<CurrentUser> {
    if (sessionId === undefined) throw identityProblem('no_session');
    const user = await this.users.find(id);
    if (!user) throw authProblem('unauthenticated');
    return user;
  }
}
