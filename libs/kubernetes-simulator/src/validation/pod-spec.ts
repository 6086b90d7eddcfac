import { invalidValue, notSupported, requiredValue, type Cause } from '../api-error.js';
import type { Container, JsonObject, PodSpec } from '../objects.js';
import { QUANTITY_MESSAGE, parseQuantity } from '../quantity.js';
import { checkLabelName } from './names.js';

export function checkPodSpec(path: string, spec: PodSpec): Cause[] {
  const { containers, initContainers = [], volumes = [] } = spec;
  if (!Array.isArray(containers) || containers.length === 0) return [requiredValue(`${path}.containers`)];
  const volumeNames = new Set(volumes.map((volume) => volume.name));
  const lists = [
    ['initContainers', initContainers],
    ['containers', containers],
  ] as const;
  return [
    ...duplicates(`${path}.volumes`, volumes),
    ...volumes.flatMap((volume, index) => checkLabelName(`${path}.volumes[${index}].name`, volume.name)),
    ...lists.flatMap(([name, list]) => [
      ...list.flatMap((container, index) => checkContainer(`${path}.${name}[${index}]`, container, volumeNames)),
      ...duplicates(`${path}.${name}`, list),
    ]),
    ...oneOf(`${path}.restartPolicy`, spec['restartPolicy'], ['Always', 'OnFailure', 'Never']),
  ];
}

function duplicates(path: string, items: { name: string }[]): Cause[] {
  return items.flatMap(({ name }, index) =>
    items.findIndex((other) => other.name === name) < index
      ? [
          {
            reason: 'FieldValueDuplicate',
            message: `Duplicate value: ${JSON.stringify(name)}`,
            field: `${path}[${index}].name`,
          },
        ]
      : [],
  );
}

function checkContainer(path: string, container: Container, volumes: Set<string>): Cause[] {
  const causes = checkLabelName(`${path}.name`, container.name);
  if (!container.image) causes.push(requiredValue(`${path}.image`));
  causes.push(...oneOf(`${path}.imagePullPolicy`, container['imagePullPolicy'], ['Always', 'IfNotPresent', 'Never']));
  for (const [index, port] of (container.ports ?? []).entries()) {
    causes.push(...checkPort(`${path}.ports[${index}].containerPort`, port.containerPort));
    causes.push(...oneOf(`${path}.ports[${index}].protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']));
  }
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    if (volumes.has(mount.name)) continue;
    const field = `${path}.volumeMounts[${index}].name`;
    causes.push({ reason: 'FieldValueNotFound', message: `Not found: ${JSON.stringify(mount.name)}`, field });
  }
  return [...causes, ...checkResources(`${path}.resources`, container.resources)];
}

function checkResources(path: string, resources: Container['resources']): Cause[] {
  const { requests = {}, limits = {} } = resources ?? {};
  const causes = [...checkQuantities(`${path}.limits`, limits), ...checkQuantities(`${path}.requests`, requests)];
  if (causes.length > 0) return causes;
  return Object.entries(requests).flatMap(([name, request]) => {
    const limit = limits[name];
    const over = limit !== undefined && (parseQuantity(request) ?? 0) > (parseQuantity(limit) ?? 0);
    const why = `must be less than or equal to ${name} limit of ${limit ?? ''}`;
    return over ? [invalidValue(`${path}.requests`, request, why)] : [];
  });
}

export function checkQuantities(path: string, quantities: Record<string, string> | undefined): Cause[] {
  return Object.entries(quantities ?? {}).flatMap(([name, text]) => {
    const value = parseQuantity(text);
    if (value === undefined) return [invalidValue(`${path}[${name}]`, text, QUANTITY_MESSAGE)];
    return value < 0 ? [invalidValue(`${path}[${name}]`, text, 'must be greater than or equal to 0')] : [];
  });
}

export function checkPort(field: string, port: number): Cause[] {
  const good = Number.isInteger(port) && port >= 1 && port <= 65535;
  return good ? [] : [invalidValue(field, port, 'must be between 1 and 65535, inclusive')];
}

export function oneOf(field: string, value: JsonObject[string], allowed: string[]): Cause[] {
  if (value === undefined || (typeof value === 'string' && allowed.includes(value))) return [];
  return [notSupported(field, value, allowed)];
}
