import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { token: string } }[];
}

/**
 * One request to a running simulator, by the kubeconfig that it wrote; answers the body.
 * @throws Error with what it said when that is not 200
 */
export async function askCluster(
  kubeconfig: string,
  method: 'GET' | 'PUT' | 'PATCH',
  path: string,
  body?: object,
): Promise<unknown> {
  const { clusters, users } = JSON.parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
  const [cluster, user] = [clusters[0]?.cluster, users[0]?.user];
  if (!cluster || !user) throw new Error(`${kubeconfig} is not a kubeconfig of the simulator.`);
  const outgoing = request(new URL(path, cluster.server), {
    method,
    ca: Buffer.from(cluster['certificate-authority-data'], 'base64'),
    headers: {
      authorization: `Bearer ${user.token}`,
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    },
    agent: false,
  });
  outgoing.end(body && JSON.stringify(body));
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  const text = (await answer.setEncoding('utf8').toArray()).join('');
  if (answer.statusCode !== 200) throw new Error(`The simulator answered ${answer.statusCode}: ${text}`);
  return JSON.parse(text) as unknown;
}
