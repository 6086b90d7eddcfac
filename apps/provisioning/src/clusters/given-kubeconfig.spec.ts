import { expect, it } from 'vitest';
import { givenKubeconfig } from './given-kubeconfig.js';

const secret = 'very-secret-token';

function kubeconfig({
  server = 'https://10.0.0.5:6443/proxy',
  cluster = '',
  user = `token: ${secret}`,
  context = 'main',
} = {}): string {
  return `
apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: '${server}' ${cluster} } }]
users: [{ name: u, user: { ${user} } }]
contexts: [{ name: main, context: { cluster: c, user: u } }]
current-context: ${context}
`;
}

it('tells where the API server is', async () => {
  expect(await givenKubeconfig(kubeconfig())).toEqual({ server: 'https://10.0.0.5:6443' });
});

it.each<[string, string, RegExp]>([
  ['is no YAML', `{ token: ${secret}`, /not a kubeconfig in YAML/],
  ['is some other text', secret, /current-context/],
  ['has no current context', kubeconfig({ context: 'other' }), /current-context/],
  ['names a program', kubeconfig({ user: 'exec: { command: /bin/sh, args: [-c, id] }' }), /names a program/],
  ['names a provider', kubeconfig({ user: 'auth-provider: { name: gcp }' }), /names a program/],
  ['names the file of a token', kubeconfig({ user: 'token-file: /etc/hostname' }), /file with a token/],
  ['hides the name of a key', kubeconfig({ user: '"token\\x2dfile": /etc/hostname' }), /backslash/],
  ['names the file of a key', kubeconfig({ user: 'client-key: /etc/key.pem' }), /names files/],
  ['names the file of an authority', kubeconfig({ cluster: ', certificate-authority: /etc/ca.pem' }), /names files/],
  ['leads nowhere', kubeconfig({ server: 'file:///etc' }), /must be a URL/],
])('refuses one that %s, without showing its secrets', async (_what, text, mistake) => {
  const found = await givenKubeconfig(text);
  expect(found).toEqual({ mistake: expect.stringMatching(mistake) });
  expect(JSON.stringify(found)).not.toContain(secret);
});
