import { askCluster } from './ask-cluster.js';

/** Does what `kubectl scale` does: somebody else than its owner sets the replicas of a Deployment. */
export async function scaleByHand(
  kubeconfig: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  replicas: number,
): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}?fieldManager=kubectl`;
  await askCluster(kubeconfig, 'PATCH', path, { spec: { replicas } });
}
