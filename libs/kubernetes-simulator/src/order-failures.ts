import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { FailureOrders } from './failure-orders.js';

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { token: string } }[];
}

/** Tells a running simulator what is to go wrong from now on, in place of what was ordered before. */
export async function orderFailures(kubeconfig: string, orders: Partial<FailureOrders>): Promise<void> {
  const { clusters, users } = JSON.parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
  const [cluster, user] = [clusters[0]?.cluster, users[0]?.user];
  if (!cluster || !user) throw new Error(`${kubeconfig} is not a kubeconfig of the simulator.`);
  const outgoing = request(new URL('/simulator/failures', cluster.server), {
    method: 'PUT',
    ca: Buffer.from(cluster['certificate-authority-data'], 'base64'),
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
    agent: false,
  });
  outgoing.end(JSON.stringify(orders));
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  const text = (await answer.setEncoding('utf8').toArray()).join('');
  if (answer.statusCode !== 200) throw new Error(`The simulator answered ${answer.statusCode}: ${text}`);
}
