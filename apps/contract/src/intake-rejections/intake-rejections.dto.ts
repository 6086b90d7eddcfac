import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import { Optional } from '#libs/http/src/validation.js';

export class IntakeRejectionQuery extends PageQuery {
  @ApiPropertyOptional({ example: 'polling:contract-database', description: 'Only those of this intake.' })
  @Optional()
  @IsString()
  @MaxLength(100)
  intake?: string;
}

class MistakeView {
  @ApiProperty({ example: '/plan', description: 'A column of the row, or a field of the event.' }) pointer: string;
  @ApiProperty({ example: 'Unknown plan. Plans: starter, business, enterprise.' }) detail: string;
}

export class IntakeRejectionView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ example: 'polling:contract-database' }) intake: string;
  @ApiProperty({ example: '4711', description: 'Id of the row, or number of the event in the inbox stream.' })
  item: string;
  @ApiProperty({ description: "Value of the row's cursor column, or the number of the event." }) position: string;
  @ApiProperty({ type: [MistakeView], description: 'What is wrong. Values are not shown.' }) errors: MistakeView[];
  @ApiProperty({ format: 'date-time' }) rejectedAt: string;
}

export class IntakeRejectionPage extends PageOf(IntakeRejectionView) {}

export class IntakeView {
  @ApiProperty({ example: 'polling:contract-database' }) intake: string;
  @ApiProperty({ type: String, nullable: true, description: 'Up to where everything was taken.' })
  position: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'When it worked last.' })
  workedAt: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'Why it does not work just now, and what to do.' })
  problem: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) problemSince: string | null;
  @ApiProperty({ description: 'Rows or events that were not taken.' }) rejected: number;
}

export class IntakeList {
  @ApiProperty({ type: [IntakeView] }) items: IntakeView[];
}
