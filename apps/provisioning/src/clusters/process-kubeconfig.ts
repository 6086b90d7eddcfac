import { EnvError } from '#libs/http/src/env.js';
import { type KubeconfigSource, Transport } from '../kubernetes/transport.js';

/** Checks the kubeconfig of this process; the cluster itself may be away at the start. @throws EnvError */
export async function processKubeconfig(): Promise<KubeconfigSource> {
  const path = process.env['KUBECONFIG'];
  const source: KubeconfigSource = path === undefined || path === '' ? {} : { path };
  try {
    const transport = await Transport.connect(source);
    transport.close();
    return source;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EnvError([`KUBECONFIG is not usable (${reason}). Set it to a kubeconfig file with a current context.`]);
  }
}
