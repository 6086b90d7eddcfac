import { invalidValue, requiredValue, type Cause } from '../api-error.js';
import type { KubernetesObject } from '../objects.js';

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SERVICE_NAME = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const lowerCase =
  "must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const LABEL_RULE = `a lowercase RFC 1123 label ${lowerCase} (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`;
const SERVICE_RULE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** RFC 1123 label, as namespaces, containers and volumes are named. */
export function checkLabelName(field: string, name: string): Cause[] {
  if (name.length > 63) return [invalidValue(field, name, 'must be no more than 63 characters')];
  return LABEL.test(name) ? [] : [invalidValue(field, name, LABEL_RULE)];
}

/** RFC 1123 subdomain: the name of a host. */
export function checkSubdomain(field: string, name: string): Cause[] {
  return name.length <= 253 && SUBDOMAIN.test(name) ? [] : [invalidValue(field, name, SUBDOMAIN_RULE)];
}

export function checkMetadata(object: KubernetesObject): Cause[] {
  const { name, labels, annotations } = object.metadata;
  return [
    ...checkName(object.kind, name),
    ...checkLabels('metadata.labels', labels),
    ...Object.keys(annotations ?? {}).flatMap((key) => checkKey('metadata.annotations', key.toLowerCase())),
  ];
}

function checkName(kind: string, name: string): Cause[] {
  const field = 'metadata.name';
  if (!name) return [requiredValue(field, 'name or generateName is required')];
  if (kind === 'Namespace') return checkLabelName(field, name);
  if (kind === 'Service') {
    if (name.length > 63) return [invalidValue(field, name, 'must be no more than 63 characters')];
    return SERVICE_NAME.test(name) ? [] : [invalidValue(field, name, SERVICE_RULE)];
  }
  // Role names are path segments: `system:node` is a good one.
  if (kind === 'Role' || kind === 'RoleBinding') return [];
  if (name.length > 253) return [invalidValue(field, name, 'must be no more than 253 characters')];
  return SUBDOMAIN.test(name) ? [] : [invalidValue(field, name, SUBDOMAIN_RULE)];
}

export function checkLabels(field: string, labels: Record<string, string> | undefined): Cause[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => {
    const causes = checkKey(field, key);
    if (value.length > 63) causes.push(invalidValue(field, value, 'must be no more than 63 characters'));
    else if (value !== '' && !QUALIFIED.test(value)) causes.push(invalidValue(field, value, VALUE_RULE));
    return causes;
  });
}

function checkKey(field: string, key: string): Cause[] {
  const [name = '', prefix] = key.split('/').toReversed();
  if (prefix !== undefined && !SUBDOMAIN.test(prefix))
    return [invalidValue(field, key, `prefix part ${SUBDOMAIN_RULE}`)];
  if (name.length > 63) return [invalidValue(field, key, 'name part must be no more than 63 characters')];
  return QUALIFIED.test(name) ? [] : [invalidValue(field, key, `name part ${VALUE_RULE}`)];
}
