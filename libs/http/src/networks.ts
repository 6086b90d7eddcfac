import { isIP } from 'node:net';
import type { EnvVariable } from './env.js';

/** Addresses and networks, like `10.0.0.7,10.1.0.0/16`. */
export function networks(): EnvVariable<readonly string[]> {
  return {
    expected: 'addresses and networks with commas between them, like 10.0.0.7,10.1.0.0/16',
    fallback: { value: [] },
    parse(text) {
      const entries = text.split(',').map((entry) => entry.trim());
      return entries.every(isNetwork) ? entries : undefined;
    },
  };
}

function isNetwork(entry: string): boolean {
  const [address = '', prefix, ...rest] = entry.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
}
