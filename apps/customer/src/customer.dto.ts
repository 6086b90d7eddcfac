import { ApiHeader, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsEmail, IsIn, Matches } from 'class-validator';
import {
  type CustomerRecord,
  type InvestmentProfile,
  investmentProfiles,
  type RiskTolerance,
  riskTolerances,
} from '#libs/events/src/customer.js';
import { CalendarDay, PlainText } from '#libs/http/src/text-rules.js';
import { Optional, Uuid } from '#libs/http/src/validation.js';
import { LongText, Nullable, PhoneNumber } from './field-rules.js';

/** What a customer is written down with. What is left out, or null, is not known. */
export class CustomerRecordDto {
  @ApiProperty({ example: '佐藤 花子', maxLength: 200 })
  @PlainText(200)
  name: string;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'サトウ ハナコ', maxLength: 200 })
  @Nullable()
  @PlainText(200)
  nameKana?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'hanako.sato@example.jp' })
  @Nullable()
  @IsEmail()
  email?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, example: '090-1234-5678' })
  @Nullable()
  @PhoneNumber()
  phone?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, example: '100-0001' })
  @Nullable()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9 -]{1,11}$/, { message: 'postalCode must be a postal code like 100-0001' })
  postalCode?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, example: '東京都千代田区千代田1-1', maxLength: 500 })
  @Nullable()
  @PlainText(500)
  address?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, format: 'date', example: '1980-04-01' })
  @Nullable()
  @CalendarDay()
  birthDate?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 4000 })
  @Nullable()
  @LongText(4000)
  note?: string | null;

  @ApiPropertyOptional({ enum: investmentProfiles, nullable: true })
  @Nullable()
  @IsIn(investmentProfiles)
  investmentProfile?: InvestmentProfile | null;

  @ApiPropertyOptional({ enum: riskTolerances, nullable: true })
  @Nullable()
  @IsIn(riskTolerances)
  riskTolerance?: RiskTolerance | null;
}

export class CreateCustomerDto extends CustomerRecordDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'User who looks after the customer. Sales people can name themselves only.',
  })
  @Nullable()
  @Uuid()
  assignedSalesId?: string | null;
}

export class AssignCustomerDto {
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'User who looks after the customer from now on; null for nobody.',
  })
  @Nullable()
  @Uuid()
  salesId: string | null;
}

const duplicateChoices = ['refuse', 'allow'] as const;

export class DuplicatesQuery {
  @ApiPropertyOptional({
    enum: duplicateChoices,
    default: 'refuse',
    description: '"allow" writes a customer down although others look like it: somebody has looked and it is another.',
  })
  @Optional()
  @IsIn(duplicateChoices)
  duplicates: (typeof duplicateChoices)[number] = 'refuse';
}

/** Every change takes it; the kernel compares it with the revision of the stream. */
export function TakesIfMatch(without: string): MethodDecorator {
  return ApiHeader({
    name: 'If-Match',
    required: false,
    schema: { type: 'string', example: '"5"' },
    description:
      'ETag of the customer as you read them. When somebody has changed them since, the answer is 412 ' +
      `revision_mismatch with who and when, and nothing is stored. ${without}`,
  });
}

/** What a change means that says nothing of what it is based on, where it does not write fields. */
export const asTheyStand = 'Without it the customer is taken as they stand now.';

export function recordFrom(dto: CustomerRecordDto): CustomerRecord {
  return {
    name: dto.name,
    nameKana: dto.nameKana ?? null,
    email: dto.email ?? null,
    phone: dto.phone ?? null,
    postalCode: dto.postalCode ?? null,
    address: dto.address ?? null,
    birthDate: dto.birthDate ?? null,
    note: dto.note ?? null,
    investmentProfile: dto.investmentProfile ?? null,
    riskTolerance: dto.riskTolerance ?? null,
  };
}
