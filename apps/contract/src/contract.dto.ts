import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { IsEmail, IsIn, IsInt, IsString, Max, MaxLength, Min } from 'class-validator';
import { StorageQuantity } from '#libs/catalogue/src/storage-quantity.js';
import type { Language } from '#libs/events/src/contract.js';
import { Nested, Optional } from '#libs/http/src/validation.js';
import { CalendarDay, PlainText } from '#libs/http/src/text-rules.js';
import { ExternalId } from './field-rules.js';

export const languages = ['ja', 'en'] as const satisfies readonly Language[];
export const maxUserLimit = 1_000_000;

export class CompanyDto {
  @ApiProperty({ example: 'ABC Corporation', maxLength: 200 })
  @PlainText(200)
  name: string;

  @ApiProperty({ example: 'it@abc-corp.example', description: 'Where mail about the contract goes.' })
  @IsEmail()
  email: string;

  @ApiProperty({ enum: languages, description: 'Language of that mail.' })
  @IsIn(languages)
  language: Language;
}

export class TermsDto {
  @ApiProperty({ example: 'enterprise', description: 'One of GET /api/plans.' })
  @IsString()
  @MaxLength(64)
  plan: string;

  @ApiProperty({ example: 'ap-northeast-1', description: 'One of GET /api/regions.' })
  @IsString()
  @MaxLength(64)
  region: string;

  @ApiPropertyOptional({ example: '1TB', description: 'The default of the plan where it is left out.' })
  @Optional()
  @StorageQuantity()
  storageQuota?: string;

  @ApiPropertyOptional({ example: 100, description: 'The default of the plan where it is left out.' })
  @Optional()
  @IsInt()
  @Min(1)
  @Max(maxUserLimit)
  userLimit?: number;
}

export class DraftContractDto {
  @ApiProperty({ example: 'CUST-2025-001', description: 'Number of the contract in the system it comes from.' })
  @ExternalId()
  externalId: string;

  @ApiProperty()
  @Nested(() => CompanyDto)
  company: CompanyDto;

  @ApiProperty()
  @Nested(() => TermsDto)
  terms: TermsDto;

  @ApiProperty({ example: '2025-05-29', format: 'date' })
  @CalendarDay()
  contractDate: string;
}

// What is left out stays; null is not the same as left out.
class ChangedCompanyDto extends PartialType(CompanyDto, { skipNullProperties: false }) {}
class ChangedTermsDto extends PartialType(TermsDto, { skipNullProperties: false }) {}

export class AmendContractDto {
  @ApiPropertyOptional({ description: 'What is left out stays.' })
  @Optional()
  @Nested(() => ChangedCompanyDto)
  company?: ChangedCompanyDto;

  @ApiPropertyOptional({ description: 'What is left out stays. Storage can grow and not shrink; the region stays.' })
  @Optional()
  @Nested(() => ChangedTermsDto)
  terms?: ChangedTermsDto;
}

export class StandingDto {
  @ApiPropertyOptional({
    example: 'Invoice 4711 is unpaid.',
    maxLength: 500,
    description: 'Why, for the history and for operators. It stays in the log for ever: name nobody.',
  })
  @Optional()
  @PlainText(500)
  reason?: string;
}
