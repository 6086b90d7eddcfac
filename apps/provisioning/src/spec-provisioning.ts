import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { freshId, stableId } from '#libs/event-sourcing/src/ids.js';
import type { ContractEvents } from '#libs/events/src/contract.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { type KubernetesSimulator, startKubernetesSimulator } from '#libs/testing/src/kubernetes-simulator.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import type { EnvironmentView } from './environment-list/environment-list.dto.js';
import { ProvisioningModule } from './provisioning.module.js';

export type Signed = ContractEvents['contract.signed'];

export interface ProvisioningApp extends TestApp {
  readonly cluster: KubernetesSimulator;
}

export interface ProvisioningAppOptions {
  /** More environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long a pod takes from scheduled to ready. */
  readonly podStartMs?: number;
}

/** Provisioning alone, on a simulated cluster of its own. */
export async function startProvisioningApp({
  env,
  ...simulation
}: ProvisioningAppOptions = {}): Promise<ProvisioningApp> {
  const cluster = await startKubernetesSimulator(simulation);
  const app = await startTestApp({
    modules: [ProvisioningModule],
    contexts: ['provisioning'],
    env: { KUBECONFIG: cluster.kubeconfig, ...env },
  });
  const close = async (): Promise<void> => {
    await app.close();
    await cluster.stop();
  };
  return { ...app, cluster, close };
}

/** A contract of its own for each test. */
export function contract(changes: Partial<Signed> = {}): Signed {
  const contractId = randomUUID();
  return {
    contractId,
    externalId: `CUST-${contractId.slice(0, 4)}`,
    company: { name: `Company ${contractId.slice(0, 8)}`, email: 'it@company.example', language: 'en' },
    terms: { plan: 'starter', region: 'ap-northeast-1', storageQuota: '100GB', userLimit: 10 },
    contractDate: '2026-01-05',
    ...changes,
  };
}

export function environmentIdOf({ contractId }: Signed): string {
  return stableId('environment', contractId);
}

/** Puts `contract.signed` in the log, as the contract context would; answers the id of the environment that is owed. */
export async function sign({ store }: Pick<TestApp, 'store'>, signed: Signed): Promise<string> {
  await store.append(`contract-${signed.contractId}`, [ofContract(signed, 'contract.signed', signed)], -1);
  return environmentIdOf(signed);
}

type ChangeOfContract = `contract.${'amended' | 'suspended' | 'resumed' | 'terminated' | 'cancelled'}`;

/** Puts a change of a contract in the log, as the contract context would. */
export async function change<Type extends ChangeOfContract>(
  { store }: Pick<TestApp, 'store'>,
  signed: Signed,
  type: Type,
  more: Partial<ContractEvents[Type]> = {},
): Promise<void> {
  const stream = `contract-${signed.contractId}`;
  let revision = -1;
  for await (const event of store.readStream(stream)) revision = event.revision;
  const facts = type === 'contract.amended' ? { ...signed, previous: signed.terms } : { contractId: signed.contractId };
  const data = { ...facts, origin: { channel: 'api' }, changedAt: new Date().toISOString(), ...more };
  await store.append(stream, [ofContract(signed, type, data)], revision);
}

function ofContract({ contractId }: Signed, type: string, data: object) {
  const metadata = {
    commandId: freshId(),
    correlationId: `spec-${contractId}`,
    actor: { id: 'spec', role: 'ADMIN' },
    occurredAt: new Date().toISOString(),
    schemaVersion: 1,
  };
  return { id: freshId(), type, data, metadata };
}

/** Waits until the read model shows the environment in this status. */
export async function inStatus(app: TestApp, id: string, status: EnvironmentView['status']): Promise<EnvironmentView> {
  return eventually(
    async () => {
      const answer = await app.request<EnvironmentView>(`/api/environments/${id}`, { role: 'OPERATOR' });
      expect(answer.body).toMatchObject({ status });
      return answer.body;
    },
    { timeoutMs: 30_000 },
  );
}

export async function typesOf(app: TestApp, environmentId: string): Promise<string[]> {
  return (await app.events(`environment-${environmentId}`)).map(({ type }) => type);
}
