import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { CommandRefused } from '#libs/event-sourcing/src/errors.js';
import type { PolicyContext } from '#libs/event-sourcing/src/policy.js';
import { DeliveryRow } from '../delivery-list/delivery-list.entity.js';
import { AbandonErased } from '../domain/delivery.commands.js';
import { deliveryDecider } from '../domain/delivery.decider.js';
import { MailArchive } from './mail-archive.js';

const lookAgainMs = 250;

/** Deliveries to the contact of a contract that was erased. The list must have passed what caused this. */
@Injectable()
export class ErasedDeliveries {
  constructor(
    @InjectRepository(DeliveryRow, 'notification') private readonly rows: Repository<DeliveryRow>,
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly archive: MailArchive,
  ) {}

  async clear(contractId: string, policy: PolicyContext): Promise<void> {
    const rows = await this.rows.find({ where: { contractId }, select: { deliveryId: true } });
    const messageIds = new Set<string>();
    for (const { deliveryId } of rows) {
      await this.abandon(deliveryId, policy);
      const state = await this.aggregates.load(deliveryDecider, deliveryId);
      if (state.status !== 'none' && state.messageId !== undefined) messageIds.add(state.messageId);
    }
    await this.archive.remove(messageIds);
  }

  /** A message that may be leaving is waited for; its lease ends within seconds. */
  private async abandon(deliveryId: string, policy: PolicyContext): Promise<void> {
    for (;;) {
      try {
        await this.commands.execute(new AbandonErased(deliveryId, {}, policy.command(deliveryId)));
        return;
      } catch (error) {
        if (!(error instanceof CommandRefused) || error.refusal.code !== 'attempt_in_progress') throw error;
      }
      await delay(lookAgainMs);
    }
  }
}
