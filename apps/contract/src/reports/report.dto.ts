import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsEmail, IsIn, IsInt, IsString, Max, MaxLength, Min, ValidateIf } from 'class-validator';
import { StorageQuantity } from '#libs/catalogue/src/storage-quantity.js';
import type { Language, RegisteredCustomer } from '#libs/events/src/contract.js';
import { CalendarDay, Instant, PlainText } from '#libs/http/src/text-rules.js';
import { Nested, Optional } from '#libs/http/src/validation.js';
import { languages, maxUserLimit } from '../contract.dto.js';
import { ExternalId } from '../field-rules.js';
import { type ContentReportType, contentReports, type StandingReportType, standingReports } from './report.js';

/** A customer in the words of the CRM. Fields that are not listed are ignored: senders add some. */
export class CrmCustomer {
  @ApiProperty({ example: 'CUST-2025-001' })
  @ExternalId()
  id: string;

  @ApiProperty({ example: 'ABC Corporation', maxLength: 200 })
  @PlainText(200)
  name: string;

  @ApiProperty({ example: 'enterprise', description: 'One of GET /api/plans.' })
  @IsString()
  @MaxLength(64)
  plan: string;

  @ApiProperty({ example: 'ap-northeast-1', description: 'One of GET /api/regions.' })
  @IsString()
  @MaxLength(64)
  region: string;

  @ApiProperty({ example: '1TB' })
  @StorageQuantity()
  storage_quota: string;

  @ApiProperty({ example: 100 })
  @IsInt()
  @Min(1)
  @Max(maxUserLimit)
  user_limit: number;

  @ApiProperty({ example: '2025-05-29', format: 'date' })
  @CalendarDay()
  contract_date: string;

  @ApiPropertyOptional({ example: 'provisioning', description: 'What the CRM believes; not used.' })
  // Null as well: what is not used is no reason to refuse a customer.
  @ValidateIf((_, value) => value !== undefined && value !== null)
  @IsString()
  @MaxLength(64)
  environment_status?: string;

  @ApiProperty({ example: 'it@abc-corp.example', description: 'Where the completion mail goes.' })
  @IsEmail()
  email: string;

  @ApiProperty({ enum: languages })
  @IsIn(languages)
  language: Language;
}

class CustomerReportData {
  @ApiProperty()
  @Nested(() => CrmCustomer)
  customer: CrmCustomer;
}

/** Says what a customer has, all of it. */
export class CustomerReport {
  @ApiProperty({ enum: contentReports })
  @IsIn(contentReports)
  type: ContentReportType;

  @ApiProperty({ format: 'date-time', description: 'When the customer became so in the CRM.' })
  @Instant()
  timestamp: string;

  @ApiProperty()
  @Nested(() => CustomerReportData)
  data: CustomerReportData;
}

class CrmCustomerNumber {
  @ApiProperty({ example: 'CUST-2025-001' })
  @ExternalId()
  id: string;
}

class CustomerStandingReportData {
  @ApiProperty()
  @Nested(() => CrmCustomerNumber)
  customer: CrmCustomerNumber;

  @ApiPropertyOptional({
    example: 'Invoice 4711 is unpaid.',
    maxLength: 500,
    description: 'Why, for operators. It stays in the log for ever: name nobody.',
  })
  @Optional()
  @PlainText(500)
  reason?: string;
}

/** Says what became of a customer. */
export class CustomerStandingReport {
  @ApiProperty({ enum: standingReports })
  @IsIn(standingReports)
  type: StandingReportType;

  @ApiProperty({ format: 'date-time', description: 'When it happened in the CRM.' })
  @Instant()
  timestamp: string;

  @ApiProperty()
  @Nested(() => CustomerStandingReportData)
  data: CustomerStandingReportData;
}

/** JSON pointers of the contract's terms in a report. */
export const crmTermPointers = {
  plan: '/data/customer/plan',
  region: '/data/customer/region',
  storageQuota: '/data/customer/storage_quota',
  userLimit: '/data/customer/user_limit',
};

/** The customer in our words. */
export function registeredCustomer(customer: CrmCustomer): RegisteredCustomer {
  const { id, name, email, language, plan, region, storage_quota, user_limit, contract_date } = customer;
  return {
    externalId: id,
    company: { name, email, language },
    terms: { plan, region, storageQuota: storage_quota, userLimit: user_limit },
    contractDate: contract_date,
  };
}
