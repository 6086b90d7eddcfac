import { expect, it } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import type { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { ProblemError } from '#libs/http/src/problem.js';
import { Clock } from '../clock.js';
import { registration } from '../crm-webhook/spec-crm.js';
import { contractDecider } from '../domain/contract.decider.js';
import { drafted, signed } from '../spec-changes.js';
import { ReportReader } from './report-reader.js';

const { plans, regions } = loadCatalogue();
const { enterprise: _left, ...sold } = plans;

/** Reads where the plan `enterprise` has left the catalogue, and the customer has these events. */
function reader(...events: readonly (typeof drafted)[]): ReportReader {
  const contract = events.reduce(contractDecider.evolve, contractDecider.initialState);
  const aggregates = { load: () => Promise.resolve(contract) } as unknown as Aggregates;
  return new ReportReader({ plans: sold, regions }, aggregates, new Clock());
}

it.each(['customer.registered', 'customer.changed'])(
  '%s may name a plan that left the catalogue and holds',
  async (type) => {
    const body = { ...registration({ id: 'CUST-2025-001', email: 'new@abc-corp.example' }), type };
    await expect(reader(drafted, signed).read(body, 's1')).resolves.toMatchObject({
      type,
      customer: { company: { email: 'new@abc-corp.example' }, terms: { plan: 'enterprise' } },
    });
  },
);

it('no new contract names one, and no other terms do', async () => {
  await expect(reader().read(registration(), 's1')).rejects.toThrow(ProblemError);
  await expect(reader(drafted, signed).read(registration({ user_limit: 101 }), 's1')).rejects.toThrow(ProblemError);
});
