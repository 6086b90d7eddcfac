const secretOnce = 'what it answers is shown once, so a repeat is refused: ';
const needsTrouble = 'needs an environment that waits for people, which has its own specs: ';
const needsCluster = 'needs a cluster: ';

/** Routes that are no reads and are not sent twice, with the reason, and where such a route has specs of its own. */
export const leftOut: Readonly<Record<string, string>> = {
  'POST /api/auth/logout': 'a repeat comes with the token of a session that has ended: sign-in.int.spec.ts',
  'POST /api/auth/token': 'appends nothing',
  'PUT /api/auth/me/password':
    'a repeat comes with the token of a session that has ended: account-security.int.spec.ts',
  'POST /api/auth/me/second-factor': 'appends nothing',
  'POST /api/auth/me/second-factor/disable':
    'a code is good once: of two at once the second one is refused, and counts',
  'POST /api/customers/imports': 'appends nothing itself, and is repeated in imports.int.spec.ts',
  'POST /api/policies/parked/{id}/replay': 'needs an event that was parked: parked-events.int.spec.ts',
  'POST /api/policies/parked/{id}/skip': 'needs an event that was parked: parked-events.int.spec.ts',
  'DELETE /api/webhook-sources/{id}/secrets/{version}': 'needs a second secret: webhook-sources.int.spec.ts',
  'DELETE /api/webhook-endpoints/{id}/secrets/{version}': 'needs a second secret: webhook-endpoints.int.spec.ts',
  'POST /api/webhooks/crm/{sourceId}': 'the id of the webhook is the key: crm-webhook.int.spec.ts',
  'POST /api/credentials/redeem': `${secretOnce}credential-links.int.spec.ts`,
  'POST /api/environments/{id}/retry': `${needsTrouble}manual-handling`,
  'POST /api/environments/{id}/resolve': `${needsTrouble}manual-handling`,
  'POST /api/environments/{id}/correct': `${needsTrouble}manual-handling`,
  'POST /api/environments/{id}/approve': `${needsTrouble}manual-handling`,
  'POST /api/environments/{id}/reject': `${needsTrouble}manual-handling`,
  'POST /api/environments/{id}/cancel': `${needsTrouble}manual-handling`,
  'POST /api/environments/{id}/plan': 'appends nothing',
  'POST /api/environments/{id}/credential-links': 'needs an environment: credential-links.int.spec.ts',
  'POST /api/clusters': `${needsCluster}clusters.int.spec.ts`,
  'PUT /api/clusters/{id}/connection': `${needsCluster}clusters.int.spec.ts`,
  'POST /api/clusters/{id}/cordon': `${needsCluster}clusters.int.spec.ts`,
  'POST /api/clusters/{id}/uncordon': `${needsCluster}clusters.int.spec.ts`,
  'POST /api/clusters/{id}/drain': `${needsCluster}clusters.int.spec.ts`,
  'DELETE /api/clusters/{id}': `${needsCluster}clusters.int.spec.ts`,
  'POST /api/webhook-deliveries/{id}/replay': 'needs a webhook that failed: webhook-replays.int.spec.ts',
  'POST /api/webhook-endpoints/{id}/replay': 'needs a webhook that failed: webhook-replays.int.spec.ts',
  'POST /api/webhook-endpoints/{id}/test': 'needs an endpoint that may be reached: webhook-endpoints.int.spec.ts',
};
