/** Where each context listens when it runs in a process of its own, unless told otherwise. */
export const contextPorts = {
  identity: 3100,
  customer: 3101,
  'sales-activity': 3102,
  opportunity: 3103,
  contract: 3105,
  provisioning: 3106,
  notification: 3110,
} as const;

/** Where the suite and the gateway listen: whichever of them faces the outside. */
export const publicPort = 3000;
