import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { taskPriorities, type TaskPriority, taskStatuses, type TaskStatus } from '#libs/events/src/sales-activity.js';
import { Instant, LongText, PlainText } from '#libs/http/src/text-rules.js';
import { Nullable, Optional, Uuid } from '#libs/http/src/validation.js';

export class CreateTaskDto {
  @ApiProperty({ example: '見積書を送る', maxLength: 200 })
  @PlainText(200)
  title: string;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 4000, description: 'Several lines.' })
  @Nullable()
  @LongText(4000)
  description?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, format: 'uuid', description: 'Whom it is about, if anybody.' })
  @Nullable()
  @Uuid()
  customerId?: string | null;

  @ApiPropertyOptional({ maxLength: 64, description: 'Who is to do it; the caller where it is left out.' })
  @Optional()
  @PlainText(64)
  userId?: string;

  @ApiPropertyOptional({ type: String, nullable: true, format: 'date-time', example: '2024-10-12T03:00:00Z' })
  @Nullable()
  @Instant()
  dueDate?: string | null;

  @ApiPropertyOptional({ enum: taskPriorities, default: 'MEDIUM' })
  @Optional()
  @IsIn(taskPriorities)
  priority: TaskPriority = 'MEDIUM';
}

/** What is left out stays. The status has a route of its own. */
export class ChangeTaskDto {
  @ApiPropertyOptional({ maxLength: 200 })
  @Optional()
  @PlainText(200)
  title?: string;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 4000 })
  @Nullable()
  @LongText(4000)
  description?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, format: 'uuid' })
  @Nullable()
  @Uuid()
  customerId?: string | null;

  @ApiPropertyOptional({ maxLength: 64, description: 'Who is to do it from now on.' })
  @Optional()
  @PlainText(64)
  userId?: string;

  @ApiPropertyOptional({ type: String, nullable: true, format: 'date-time' })
  @Nullable()
  @Instant()
  dueDate?: string | null;

  @ApiPropertyOptional({ enum: taskPriorities })
  @Optional()
  @IsIn(taskPriorities)
  priority?: TaskPriority;
}

export class TaskStatusDto {
  @ApiProperty({ enum: taskStatuses })
  @IsIn(taskStatuses)
  status: TaskStatus;
}
