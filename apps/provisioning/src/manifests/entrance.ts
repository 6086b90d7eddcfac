import { type Blueprint, names } from './blueprint.js';
import type { Manifest } from './manifest.js';

/** Where visitors of the environment's URL get to. */
export function entrance({ identity }: Blueprint): Manifest {
  return ingress(identity.url, { name: names.web, port: { name: 'http' } });
}

/**
 * While the environment is suspended, every path of its URL shows the page that we serve ourselves: nothing runs in its
 * namespace. Written for ingress-nginx, which has to be told the name that our own host expects.
 */
export function suspendedEntrance({ identity, publicUrl }: Blueprint): readonly Manifest[] {
  const { hostname, protocol, port } = new URL(publicUrl);
  const secure = protocol === 'https:';
  const number = Number(port) || (secure ? 443 : 80);
  const nginx = (setting: string): string => `nginx.ingress.kubernetes.io/${setting}`;
  const annotations = {
    [nginx('backend-protocol')]: secure ? 'HTTPS' : 'HTTP',
    [nginx('upstream-vhost')]: port === '' ? hostname : `${hostname}:${port}`,
    [nginx('rewrite-target')]: '/suspended',
    ...(secure && { [nginx('proxy-ssl-server-name')]: 'on', [nginx('proxy-ssl-name')]: hostname }),
  };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: names.suspended },
      spec: {
        type: 'ExternalName',
        externalName: hostname,
        ports: [{ name: 'http', protocol: 'TCP', port: number, targetPort: number }],
      },
    },
    ingress(identity.url, { name: names.suspended, port: { number } }, annotations),
  ];
}

function ingress(url: string, service: object, annotations?: Readonly<Record<string, string>>): Manifest {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: names.web, ...(annotations && { annotations }) },
    spec: {
      rules: [
        { host: new URL(url).hostname, http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service } }] } },
      ],
    },
  };
}
