/**
 * Reads a kubeconfig that somebody gave: what stands in it has to be enough. A program that it names would run here,
 * and a file that it names would be one of ours.
 */

export type GivenKubeconfig = { readonly server: string } | { readonly mistake: string };

/** Answers the origin of the API server, or what is wrong with the kubeconfig, without any of its secrets. */
export async function givenKubeconfig(text: string): Promise<GivenKubeconfig> {
  // The loader reads this file the moment that it sees the key; a key can hide from this test behind an escape only.
  if (/token-?file/i.test(text) || text.includes('\\')) {
    return { mistake: 'It must not name a file with a token, and has no use for a backslash. Put the token into it.' };
  }
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    config.loadFromString(text);
  } catch {
    // The message of the parser shows the lines around the mistake, with the secrets in them.
    return { mistake: 'It is not a kubeconfig in YAML. `kubectl config view --raw --minify --flatten` prints one.' };
  }
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  if (!cluster || !user) return { mistake: 'Its current-context must name a cluster and a user that stand in it.' };
  if (cluster.caFile || user.certFile || user.keyFile) {
    return { mistake: 'It names files. `kubectl config view --raw --minify --flatten` prints one that holds them.' };
  }
  if (user.exec || user.authProvider) {
    return { mistake: 'It names a program that fetches the credentials. Give the token of a service account instead.' };
  }
  const server = URL.parse(cluster.server);
  if (!server || !['https:', 'http:'].includes(server.protocol)) {
    return { mistake: 'The server of its cluster must be a URL like https://10.0.0.5:6443.' };
  }
  return { server: server.origin };
}
