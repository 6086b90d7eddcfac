import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Principal, RequirePermission } from '#libs/auth/src/access.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { eventPageOf, HistoryPage, HistoryQuery } from '#libs/http/src/history.js';
import { IdParams } from '#libs/http/src/id-params.js';
import type { Caller } from '#libs/http/src/request.js';
import { contractProblem } from '../contract.problems.js';
import { contractDecider } from '../domain/contract.decider.js';

@ApiTags('Contracts')
@Controller('contracts')
export class ContractHistoryController {
  constructor(private readonly aggregates: Aggregates) {}

  @Get(':id/history')
  @RequirePermission('contracts:read')
  @ApiOperation({ summary: 'Read the history of a contract', description: 'Every event from the log, oldest first.' })
  @ApiOkResponse({ type: HistoryPage })
  async history(
    @Param() { id }: IdParams,
    @Query() query: HistoryQuery,
    @Principal() caller: Caller,
  ): Promise<HistoryPage> {
    const page = await eventPageOf(id, query, caller, (from, options) =>
      this.aggregates.history(contractDecider, id, from, options),
    );
    if (!page) throw contractProblem('contract_not_found');
    return page;
  }
}
