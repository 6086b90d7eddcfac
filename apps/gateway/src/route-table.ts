/**
 * Which service answers what. `test/architecture/openapi.int.spec.ts` compares it with the OpenAPI document: a route
 * that is missing here, or stands at the wrong service, fails there.
 */

export interface ServiceRoutes {
  /** Path prefixes below `/api`, of one or more whole segments. The longest that fits counts. */
  readonly api: readonly string[];
  /** Those of them that take no token. */
  readonly open?: readonly string[];
  /** Pages outside `/api`. */
  readonly pages?: readonly string[];
}

export const routeTable = {
  identity: {
    api: ['auth', 'erasures'],
    open: ['auth/login', 'auth/password-reset', 'auth/refresh', 'auth/token', 'auth/.well-known'],
    pages: ['set-password'],
  },
  customer: {
    api: ['customers'],
  },
  'sales-activity': {
    api: ['activities', 'meetings', 'tasks'],
  },
  opportunity: {
    api: ['approvals', 'deals', 'delegations'],
  },
  contract: {
    api: ['contract-intake', 'contracts', 'plans', 'regions', 'webhook-sources', 'webhooks/crm'],
    open: ['webhooks/crm'],
  },
  provisioning: {
    api: ['clusters', 'credentials', 'environments'],
    open: ['credentials/redeem'],
    pages: ['credentials', 'suspended'],
  },
  notification: {
    api: ['deliveries', 'operator-alerts', 'webhook-deliveries', 'webhook-endpoints'],
  },
} as const satisfies Record<string, ServiceRoutes>;

export type ServiceName = keyof typeof routeTable;

export const serviceNames = Object.keys(routeTable) as ServiceName[];

export interface Route {
  readonly service: ServiceName;
  /** A path prefix, like `/api/contracts` or `/credentials`. */
  readonly prefix: string;
  /** Needs no token. */
  readonly open: boolean;
}

export const routes: readonly Route[] = serviceNames.flatMap((service) => {
  const { api, open = [], pages = [] }: ServiceRoutes = routeTable[service];
  return [
    ...api.filter((path) => !open.includes(path)).map((path) => ({ service, prefix: `/api/${path}`, open: false })),
    ...open.map((path) => ({ service, prefix: `/api/${path}`, open: true })),
    ...pages.map((path) => ({ service, prefix: `/${path}`, open: true })),
  ];
});

/** The route that a path belongs to, as the gateway finds it. */
export function routeOf(path: string): Route | undefined {
  const fitting = routes.filter(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`));
  return fitting.toSorted((a, b) => b.prefix.length - a.prefix.length)[0];
}
