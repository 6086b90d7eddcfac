import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import type { ContractTerms } from '#libs/events/src/contract.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { DraftContractDto, type TermsDto } from './contract.dto.js';
import { DraftContract, SignContract } from './domain/contract-commands.js';
import { demandSold, termPointers } from './sold-terms.js';

@ApiTags('Contracts')
@Controller('contracts')
export class ContractsController {
  constructor(
    private readonly commands: CommandBus,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
  ) {}

  @Post()
  @RequirePermission('contracts:write')
  @ApiOperation({ summary: 'Draft a contract', description: 'Writes a contract down. It binds nobody until signed.' })
  @ApiCreatedResponse({ type: CommandResult })
  async draft(
    @Body() body: DraftContractDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const { externalId, company, contractDate } = body;
    const terms = this.completed(body.terms);
    demandSold(this.catalogue, terms, termPointers);
    const id = stableId('contract', context.commandId);
    const content = { externalId, company: { ...company }, terms, contractDate };
    const done: Committed = await this.commands.execute(new DraftContract(id, content, context));
    void reply.header('Location', `/api/contracts/${id}`);
    return commandResult(done, reply);
  }

  @Post(':id/sign')
  @HttpCode(200)
  @RequirePermission('contracts:write')
  @ApiOperation({ summary: 'Sign a contract', description: 'The customer signed; their environment is set up now.' })
  @ApiOkResponse({ type: CommandResult })
  async sign(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const done: Committed = await this.commands.execute(new SignContract(id, {}, context));
    return commandResult(done, reply);
  }

  private completed({ plan, region, storageQuota, userLimit }: TermsDto): ContractTerms {
    const sold = this.catalogue.plans[plan];
    return {
      plan,
      region,
      storageQuota: storageQuota ?? sold?.storage.default ?? '',
      userLimit: userLimit ?? sold?.users.default ?? 0,
    };
  }
}
