import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import type { Shown } from '#libs/http/src/shown-rows.js';
import { Optional } from '#libs/http/src/validation.js';
import { CompanyDto } from '../contract.dto.js';
import type { ContractStatus } from '../domain/contract.js';
import type { ContractRow } from './contract-list.entity.js';

const statuses = ['draft', 'signed', 'suspended', 'terminated', 'cancelled'] as const satisfies ContractStatus[];

export class ContractQuery extends PageQuery {
  @ApiPropertyOptional({ enum: statuses })
  @Optional()
  @IsIn(statuses)
  status?: (typeof statuses)[number];

  @ApiPropertyOptional({ example: 'enterprise' })
  @Optional()
  @IsString()
  @MaxLength(64)
  plan?: string;

  @ApiPropertyOptional({ example: 'ap-northeast-1' })
  @Optional()
  @IsString()
  @MaxLength(64)
  region?: string;

  @ApiPropertyOptional({ example: 'CUST-2025-001' })
  @Optional()
  @IsString()
  @MaxLength(64)
  externalId?: string;
}

class AgreedTerms {
  @ApiProperty({ example: 'enterprise' }) plan: string;
  @ApiProperty({ example: 'ap-northeast-1' }) region: string;
  @ApiProperty({ example: '1TB' }) storageQuota: string;
  @ApiProperty({ example: 100 }) userLimit: number;
}

export class ContractView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ enum: statuses }) status: string;
  @ApiProperty({ example: 'CUST-2025-001' }) externalId: string;
  @ApiProperty() company: CompanyDto;
  @ApiProperty() terms: AgreedTerms;
  @ApiProperty({ format: 'date' }) contractDate: string;
  @ApiProperty({ format: 'date-time' }) createdAt: string;
  @ApiProperty({ format: 'date-time', type: String, nullable: true }) signedAt: string | null;
  @ApiProperty({ format: 'date-time' }) updatedAt: string;

  @ApiProperty({ format: 'date-time', type: String, nullable: true, description: 'When it was amended last.' })
  amendedAt: string | null;

  @ApiProperty({
    format: 'date-time',
    type: String,
    nullable: true,
    description: 'When it was suspended, resumed, terminated or cancelled last.',
  })
  standingChangedAt: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why, where somebody said so.' })
  standingReason: string | null;

  @ApiProperty({
    format: 'date-time',
    type: String,
    nullable: true,
    description: 'When another system reported a change that was refused; null once a later change was not.',
  })
  changeRefusedAt: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why that was refused, and what to do instead.' })
  changeRefusedReason: string | null;

  @ApiProperty({
    format: 'date-time',
    type: String,
    nullable: true,
    description:
      'When a change was put on record by a version of this program that did not apply changes. It stands in the ' +
      'history; amend the contract to apply it. Null once the contract was amended.',
  })
  changeRecordedAt: string | null;

  @ApiProperty({ description: 'The number in ETag, for If-Match.' }) revision: number;
}

export class ContractPage extends PageOf(ContractView) {}

export function contractView(row: Shown<ContractRow>): ContractView {
  return {
    id: row.id,
    status: row.status,
    externalId: row.externalId,
    company: { name: row.companyName, email: row.companyEmail, language: row.language },
    terms: { plan: row.plan, region: row.region, storageQuota: row.storageQuota, userLimit: row.userLimit },
    contractDate: row.contractDate,
    createdAt: row.createdAt,
    signedAt: row.signedAt,
    updatedAt: row.updatedAt,
    amendedAt: row.amendedAt,
    standingChangedAt: row.standingChangedAt,
    standingReason: row.standingReason,
    changeRefusedAt: row.changeRefusedAt,
    changeRefusedReason: row.changeRefusedReason,
    changeRecordedAt: row.changeRecordedAt,
    revision: row.revision,
  };
}
