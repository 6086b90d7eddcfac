import { ApiProperty } from '@nestjs/swagger';
import { IsIn, Matches } from 'class-validator';
import { type ErasureReason, erasureReasons } from '#libs/events/src/erasure.js';
import type { Subject } from '#libs/events/src/subject.js';

const subject = /^(contract|customer|user):[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

export class RequestErasureDto {
  @ApiProperty({
    description:
      'Whose data: "contract:<id>" is the contact of the company that the contract is with, "customer:<id>" a client in ' +
      'the CRM, "user:<id>" a user.',
    example: 'contract:5f3b2f0e-6b0c-5c1e-9d3a-2b7c1d8e4f60',
    pattern: subject.source,
  })
  @Matches(subject, {
    message: 'subject must be "contract:<id>", "customer:<id>" or "user:<id>", with the id in lower case',
  })
  readonly subject: Subject;

  @ApiProperty({
    enum: erasureReasons,
    description: 'The ground, one of a closed list: a text of your own could name people and would stay.',
  })
  @IsIn(erasureReasons, { message: `reason must be one of: ${erasureReasons.join(', ')}` })
  readonly reason: ErasureReason;
}
