import { randomBytes } from 'node:crypto';
import { Body, Controller, Delete, Get, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import { isAllowed, type Permission, permissions } from '#libs/auth/src/permissions.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { roles } from '#libs/events/src/identity.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { Accounts } from './accounts.js';
import { withoutSecret } from './command-steps.js';
import { hashPassword } from './passwords.js';
import { CreateUserDto, DeleteUserQuery, RoleList, UserDto } from './users.dto.js';

@ApiTags('Users')
@Controller('auth')
export class UsersController {
  constructor(private readonly accounts: Accounts) {}

  @Get('roles')
  @RequirePermission('own-session:use')
  @ApiOperation({ summary: 'List roles', description: 'Every role with its permissions. SERVICE is for machines.' })
  @ApiOkResponse({ type: RoleList })
  roles(): RoleList {
    const all = Object.keys(permissions) as Permission[];
    return {
      items: roles.map((role) => ({ role, permissions: all.filter((permission) => isAllowed([role], permission)) })),
    };
  }

  @Post('users')
  @RequirePermission('users:manage')
  @ApiOperation({
    summary: 'Create a user',
    description: 'One mail address belongs to one user, however it is written in capitals.',
  })
  @ApiCreatedResponse({ type: CommandResult })
  async create(
    @Body() { password, passwordHash, ...record }: CreateUserDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const secret = passwordHash ?? (await hashPassword(password ?? randomBytes(32).toString('base64')));
    const done = await this.accounts.create(record, secret, withoutSecret(context, record));
    void reply.header('Location', `/api/auth/users/${done.id}`);
    return commandResult(done, reply);
  }

  @Put('users/:id')
  @RequirePermission('users:manage')
  @ApiOperation({
    summary: 'Change a user',
    description:
      'The whole record. With another role their access tokens are refused within a second; refreshing gives new ' +
      'ones. The last administrator stays one.',
  })
  @ApiOkResponse({ type: CommandResult })
  async update(
    @Param() { id }: IdParams,
    @Body() { email, name, role }: UserDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return commandResult(await this.accounts.update(id, { email, name, role }, context), reply);
  }

  @Delete('users/:id')
  @RequirePermission('users:manage')
  @ApiOperation({
    summary: 'Delete a user',
    description:
      'For good. All their sessions end within a second, and what they had to do goes to "reassignTo" or to others. ' +
      'The last administrator is not deleted.',
  })
  @ApiOkResponse({ type: CommandResult })
  async delete(
    @Param() { id }: IdParams,
    @Query() { reassignTo }: DeleteUserQuery,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return commandResult(await this.accounts.delete(id, reassignTo, context), reply);
  }
}
