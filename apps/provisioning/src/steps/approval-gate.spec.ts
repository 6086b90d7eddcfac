import { expect, it } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import type { Known } from '../domain/environment.js';
import type { Applied } from '../kubernetes/kubernetes-client.js';
import type { ProvisioningSettings } from '../settings.js';
import { abcEnvironment } from '../spec-environment.js';
import { running, stateAfter } from '../spec-log.js';
import { ApprovalGate } from './approval-gate.js';

const { environmentId, contractId, company, terms, namespace } = abcEnvironment;
const service = { kind: 'Service', name: 'old', namespace };
const deployment = { kind: 'Deployment', name: 'web', namespace };

const amended: EnvironmentEvent = {
  type: 'environment.amendment_requested',
  data: { environmentId, contractId, company, terms },
};
const stopped: EnvironmentEvent = { type: 'environment.suspension_requested', data: { environmentId } };

/** A running environment with a Service and a Deployment, of which something else is wanted now. */
function changed(by: EnvironmentEvent): Known {
  const state = stateAfter(...running, by) as Known;
  return { ...state, inventory: [...state.inventory, { ...service, uid: 'u-2' }, { ...deployment, uid: 'u-3' }] };
}

/** The cluster knows the Deployment, as the plan has it; it is asked for nothing else. */
const answers: readonly Applied[] = [
  {
    object: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace } },
    outcome: 'configured',
    warnings: [],
  },
];

function gate(approvalCost?: number): ApprovalGate {
  return new ApprovalGate(loadCatalogue(), { approvalCost } as ProvisioningSettings);
}

it('asks before an amendment that deletes something, and names it', () => {
  expect(gate(0).question(changed(amended), answers)).toMatchObject({
    // The Namespace stands under every plan, so that it is none of the answers.
    changes: { create: [], change: [deployment], delete: [service] },
    why: [`It deletes Service old in ${namespace}`],
  });
});

it('does not ask before a suspension, which deletes by what it is', () => {
  expect(gate(0).question(changed(stopped), answers)).toBeUndefined();
});

it('does not ask where nobody wants to be asked', () => {
  expect(gate().question(changed(amended), answers)).toBeUndefined();
});
