import { Body, Controller, Inject, Post } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { DraftContractDto } from '#apps/contract/src/contract.dto.js';
import { demandSold } from '#apps/contract/src/sold-terms.js';
import { RequirePermission } from '#libs/auth/src/access.js';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import { Contract } from './contract.entity.js';

const pointers = { plan: '', region: '', storageQuota: '', userLimit: '' };

@Controller()
export class ContractsController {
  constructor(
    @InjectRepository(Contract) private readonly contracts: Repository<Contract>,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
  ) {}

  /** What most people write. */
  @Post('saved')
  @RequirePermission('contracts:write')
  async save(@Body() body: DraftContractDto): Promise<{ id: string }> {
    const { id } = await this.contracts.save(this.contracts.create(this.row(body)));
    return { id };
  }

  @Post('inserted')
  @RequirePermission('contracts:write')
  async insert(@Body() body: DraftContractDto): Promise<{ id: string }> {
    const { identifiers } = await this.contracts.insert(this.row(body));
    return { id: String(identifiers[0]?.['id']) };
  }

  private row({ externalId, company, terms, contractDate }: DraftContractDto) {
    const { plan, region, storageQuota = '', userLimit = 0 } = terms;
    const sold = { plan, region, storageQuota, userLimit };
    demandSold(this.catalogue, sold, pointers);
    return {
      status: 'draft' as const,
      externalId,
      companyName: company.name,
      companyEmail: company.email,
      language: company.language,
      ...sold,
      contractDate,
      signedAt: null,
    };
  }
}
