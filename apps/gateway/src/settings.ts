import { readEnv, url } from '#libs/http/src/env.js';
import { contextPorts } from '#libs/service/src/context-ports.js';
import { type ServiceName, serviceNames } from './route-table.js';

/** Base URL of every service: `IDENTITY_URL` and so on, else its usual port on this machine. */
export function serviceUrls(env: NodeJS.ProcessEnv = process.env): Readonly<Record<ServiceName, string>> {
  const spec = Object.fromEntries(
    serviceNames.map((name) => [variableOf(name), url({ default: `http://127.0.0.1:${contextPorts[name]}` })]),
  );
  const values = readEnv(spec, env);
  return Object.fromEntries(serviceNames.map((name) => [name, values[variableOf(name)]])) as Record<
    ServiceName,
    string
  >;
}

function variableOf(name: ServiceName): string {
  return `${name.toUpperCase().replaceAll('-', '_')}_URL`;
}
