import type { ApiRequest } from '#libs/http/src/request.js';
import { provisioningProblem } from '../provisioning.problems.js';

export const lastEventIdHeader = {
  name: 'Last-Event-ID',
  required: false,
  description:
    'Id of the last event that was received. A stream ends with the access token: come back with another one.',
};

/** @throws 400 when `Last-Event-ID` is no position of this log */
export function lastEventPosition(request: ApiRequest, head: bigint): bigint | undefined {
  const header = request.headers['last-event-id'];
  if (header === undefined || header === '') return undefined;
  const position = typeof header === 'string' && /^\d{1,19}$/.test(header) ? BigInt(header) : undefined;
  if (position === undefined || position > head) throw provisioningProblem('unknown_event_position');
  return position;
}
