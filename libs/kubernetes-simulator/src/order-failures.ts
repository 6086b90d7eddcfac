import { askCluster } from './ask-cluster.js';
import type { Given } from './drawn-failures.js';
import type { FailureOrders } from './failure-orders.js';

/** Tells a running simulator what is to go wrong from now on, in place of what was ordered before. */
export async function orderFailures(kubeconfig: string, orders: Partial<FailureOrders>): Promise<void> {
  await askCluster(kubeconfig, 'PUT', '/simulator/failures', orders);
}

/** Which namespaces a running simulator has given which of the ordered cases. */
export async function givenFailures(kubeconfig: string): Promise<readonly Given[]> {
  const { items } = (await askCluster(kubeconfig, 'GET', '/simulator/failures/given')) as { items: Given[] };
  return items;
}
