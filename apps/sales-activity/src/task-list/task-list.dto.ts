import { ApiProperty, ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import {
  deletionReasons,
  taskPriorities,
  type TaskPriority,
  taskStatuses,
  type TaskStatus,
} from '#libs/events/src/sales-activity.js';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import type { Shown } from '#libs/http/src/shown-rows.js';
import { Instant, PlainText } from '#libs/http/src/text-rules.js';
import { Flag, Optional, Uuid } from '#libs/http/src/validation.js';
import type { Names } from '../known-parties.js';
import { never, type TaskRow } from './task.entity.js';

export class TaskQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid' })
  @Optional()
  @Uuid()
  customerId?: string;

  @ApiPropertyOptional({ maxLength: 64, description: 'Whose tasks.' })
  @Optional()
  @PlainText(64)
  userId?: string;

  @ApiPropertyOptional({ enum: taskStatuses })
  @Optional()
  @IsIn(taskStatuses)
  status?: TaskStatus;

  @ApiPropertyOptional({ enum: taskPriorities })
  @Optional()
  @IsIn(taskPriorities)
  priority?: TaskPriority;

  @ApiPropertyOptional({ format: 'date-time', description: 'Due at this instant or later.' })
  @Optional()
  @Instant()
  dueFrom?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Due before this instant.' })
  @Optional()
  @Instant()
  dueBefore?: string;

  @ApiPropertyOptional({ default: false, description: 'Lists the deleted ones in place of the others.' })
  @Optional()
  @Flag()
  deleted: boolean = false;
}

export class OverdueTaskQuery extends PickType(TaskQuery, [
  'customerId',
  'userId',
  'priority',
  'limit',
  'cursor',
  'sort',
  'total',
]) {}

export class TaskView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) customerId: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'Null where there is none, or it is not known here yet.' })
  customerName: string | null;
  @ApiProperty() userId: string;
  @ApiProperty({ type: String, nullable: true, description: 'Null while it is not known here yet.' })
  userName: string | null;
  @ApiProperty() title: string;
  @ApiProperty({ type: String, nullable: true }) description: string | null;
  @ApiProperty({ format: 'date-time', type: String, nullable: true }) dueDate: string | null;
  @ApiProperty({ enum: taskPriorities }) priority: string;
  @ApiProperty({ enum: taskStatuses }) status: string;
  @ApiProperty({ format: 'date-time', type: String, nullable: true }) completedAt: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt: string;
  @ApiProperty({ format: 'date-time' }) updatedAt: string;
  @ApiProperty({ format: 'date-time', type: String, nullable: true }) deletedAt: string | null;
  @ApiProperty({
    enum: deletionReasons,
    nullable: true,
    description: 'Why it is deleted: somebody asked for it, or its customer or its user was deleted.',
  })
  deletedReason: string | null;
  @ApiProperty({ description: 'The number in ETag, for If-Match.' }) revision: number;
}

export class TaskPage extends PageOf(TaskView) {}

export function priorityNumber(priority: TaskPriority | undefined): number | undefined {
  return priority && taskPriorities.indexOf(priority) + 1;
}

export function taskView(row: Shown<TaskRow>, { customers, users }: Names): TaskView {
  return {
    id: row.id,
    customerId: row.customerId,
    customerName: row.customerId === null ? null : (customers.get(row.customerId) ?? null),
    userId: row.userId,
    userName: users.get(row.userId) ?? null,
    title: row.title,
    description: row.description,
    dueDate: row.dueDate === never ? null : row.dueDate,
    priority: taskPriorities[row.priority - 1] ?? 'MEDIUM',
    status: row.status,
    completedAt: row.completedAt,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    deletedAt: row.deletedAt,
    deletedReason: row.deletedReason,
    revision: row.revision,
  };
}
