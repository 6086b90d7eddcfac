import { Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import type { ApiRequest } from '#libs/http/src/request.js';
import { type ParkedEventPage, ParkedEventParams, ParkedEventQuery } from '#libs/policies/src/parked-events.dto.js';
import { ParkedEventsOfServices } from './parked-events-of-services.js';

/** The one path that every service answers, each for its own policies. Documented by them. */
@ApiExcludeController()
@Controller('policies/parked')
export class ParkedEventsController {
  constructor(private readonly services: ParkedEventsOfServices) {}

  @Get()
  @RequirePermission('policies:read')
  page(@Query() query: ParkedEventQuery, @Req() request: ApiRequest): Promise<ParkedEventPage> {
    return this.services.page(query, request);
  }

  @Get(':id')
  @RequirePermission('policies:read')
  async one(@Param() { id }: ParkedEventParams, @Req() request: ApiRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.toOwner(id, request, reply);
  }

  @Post(':id/replay')
  @RequirePermission('policies:operate')
  async replay(
    @Param() { id }: ParkedEventParams,
    @Req() request: ApiRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.toOwner(id, request, reply);
  }

  @Post(':id/skip')
  @RequirePermission('policies:operate')
  async skip(
    @Param() { id }: ParkedEventParams,
    @Req() request: ApiRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.toOwner(id, request, reply);
  }

  private async toOwner(id: string, request: ApiRequest, reply: FastifyReply): Promise<void> {
    const owner = await this.services.ownerOf(id, request);
    await owner.forward(request, reply);
  }
}
