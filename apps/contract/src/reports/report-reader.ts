import { Inject, Injectable } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import type { RegisteredCustomer } from '#libs/events/src/contract.js';
import { httpProblem } from '#libs/http/src/http-problems.js';
import { RequestValidationPipe } from '#libs/http/src/validation.js';
import { toleranceMs } from '#libs/webhooks/src/standard-webhook.js';
import { Clock } from '../clock.js';
import { contractProblem } from '../contract.problems.js';
import { sameTerms } from '../domain/contract.js';
import { contractDecider } from '../domain/contract.decider.js';
import { demandSold } from '../sold-terms.js';
import { contentReports, type Report, reportTypes } from './report.js';
import { crmTermPointers, CustomerReport, CustomerStandingReport, registeredCustomer } from './report.dto.js';

/** Reads what other systems tell of their customers: one set of rules, whichever way it comes. */
@Injectable()
export class ReportReader {
  private readonly validation = new RequestValidationPipe({ unknownProperties: 'drop' });

  constructor(
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
    private readonly aggregates: Aggregates,
    private readonly clock: Clock,
  ) {}

  /**
   * Terms have to be sold, unless they hold already: a plan that is no longer sold keeps its contracts.
   * @param source id of what tells: it numbers its customers
   * @throws ProblemError `validation_failed` with every wrong field, or `webhook_type_unknown`
   */
  async read(body: unknown, source: string): Promise<Report> {
    const type = typeOf(body);
    if (contentReports.some((known) => known === type)) {
      const { type: reported, timestamp, data } = await this.validated(body, CustomerReport);
      const customer = registeredCustomer(data.customer);
      await this.demandSoldOrHeld(customer, source);
      return { type: reported, changedAt: this.instant(timestamp), customer };
    }
    const { type: reported, timestamp, data } = await this.validated(body, CustomerStandingReport);
    const { customer, reason } = data;
    const changedAt = this.instant(timestamp);
    return { type: reported, changedAt, externalId: customer.id, ...(reason !== undefined && { reason }) };
  }

  private async demandSoldOrHeld({ externalId, terms }: RegisteredCustomer, source: string): Promise<void> {
    try {
      demandSold(this.catalogue, terms, crmTermPointers);
    } catch (unsold) {
      const contract = await this.aggregates.load(contractDecider, stableId('contract', source, externalId));
      if (contract.status === 'none' || !sameTerms(contract.applied.content.terms, terms)) throw unsold;
    }
  }

  private async validated<Dto>(body: unknown, metatype: Type<Dto>): Promise<Dto> {
    return (await this.validation.transform(body, { type: 'body', metatype })) as Dto;
  }

  private instant(timestamp: string): string {
    if (Date.parse(timestamp) - this.clock.now().getTime() > toleranceMs) {
      invalid('/timestamp', 'Lies in the future. Send the instant of the change and check the sending clock.');
    }
    return new Date(timestamp).toISOString();
  }
}

function typeOf(body: unknown): string {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) invalid('', 'Must be a JSON object.');
  const type = 'type' in body ? body.type : undefined;
  const known = reportTypes.join(', ');
  if (typeof type !== 'string') invalid('/type', `Type must be one of the following values: ${known}.`);
  if (!reportTypes.includes(type))
    throw contractProblem('webhook_type_unknown', `Types that are understood: ${known}.`);
  return type;
}

function invalid(pointer: string, detail: string): never {
  throw httpProblem('validation_failed', undefined, { errors: [{ in: 'body', pointer, detail }] });
}
