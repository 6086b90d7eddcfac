import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import { rowOf, type Shown } from '#libs/http/src/shown-rows.js';
import { delegationListProjection } from '../delegation-list/delegation-list.projection.js';
import { DelegationRow } from '../delegation-list/delegation.entity.js';

/** Finds a delegation by its own id; its stream goes by the delegator. */
@Injectable()
export class DelegationLookup {
  constructor(
    private readonly contexts: ContextRegistry,
    @InjectRepository(DelegationRow, 'opportunity') private readonly rows: Repository<DelegationRow>,
  ) {}

  /** One that was granted a moment ago is found too. @throws ReadModelBehind while that can't be said */
  async find(id: string): Promise<Shown<DelegationRow> | undefined> {
    const found = await rowOf(this.rows, id);
    if (found) return found;
    await this.contexts.readModels.awaitHead(delegationListProjection.name);
    return rowOf(this.rows, id);
  }
}
