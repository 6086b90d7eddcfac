import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { etagOf } from '#libs/http/src/etag.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { pageOf, type PageOrder } from '#libs/http/src/paging.js';
import { rowOf } from '#libs/http/src/shown-rows.js';
import { identityProblem } from '../identity.problems.js';
import { UserPage, UserQuery, UserView, userView } from './user-list.dto.js';
import { UserRow } from './user-list.entity.js';
import { userListProjection } from './user-list.projection.js';

const order: PageOrder<UserRow> = {
  sorts: ['name', 'email', 'role', 'createdAt', 'updatedAt'],
  defaultSort: 'name',
};

@ApiTags('Users')
@Controller('auth/users')
export class UserListController {
  constructor(@InjectRepository(UserRow, 'identity') private readonly rows: Repository<UserRow>) {}

  @Get()
  @ReadsFrom(userListProjection)
  @RequirePermission('users:read')
  @ApiOperation({
    summary: 'List users',
    description: `Deleted ones too, unless filtered. Sorts: ${order.sorts.join(', ')}. By name unless asked otherwise.`,
  })
  @ApiOkResponse({ type: UserPage })
  async list(@Query() query: UserQuery): Promise<UserPage> {
    const { role, status } = query;
    const { items, ...page } = await pageOf(this.rows, { role, status }, query, order);
    return { items: items.map(userView), ...page };
  }

  @Get(':id')
  @ReadsFrom(userListProjection)
  @RequirePermission('users:read')
  @ApiOperation({ summary: 'Read one user', description: 'ETag is their revision; send it back as If-Match.' })
  @ApiOkResponse({ type: UserView })
  async one(@Param() { id }: IdParams, @Res({ passthrough: true }) reply: FastifyReply): Promise<UserView> {
    const row = await rowOf(this.rows, id);
    if (!row) throw identityProblem('user_not_found');
    void reply.header('ETag', etagOf(row.revision));
    return userView(row);
  }
}
