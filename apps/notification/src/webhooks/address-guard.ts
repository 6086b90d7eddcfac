import { type LookupAddress, lookup as resolveName } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** A network in CIDR notation, taken apart. */
export interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Nothing was sent: the name or address leads into a network of ours. */
export class BlockedAddress extends Error {
  override readonly name = 'BlockedAddress';
}

/** What the addresses are that are no public hosts, and the networks that they are in. */
const internal: readonly (readonly [what: string, networks: string])[] = [
  ['an address of this machine', '127.0.0.0/8 0.0.0.0/8 ::1/128 ::/128'],
  ['an address of a private network', '10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10'],
  ['a link-local address, where clouds keep their metadata', '169.254.0.0/16 fe80::/10'],
  ['an address that a provider shares out (CGNAT)', '100.64.0.0/10'],
  ['a service address of a cloud', '168.63.129.16/32'],
  ['a multicast address', '224.0.0.0/4 ff00::/8'],
  ['a reserved address', '192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24'],
  ['a reserved address', '240.0.0.0/4 2001::/23 2001:db8::/32 2002::/16 3fff::/20'],
];

const blocked = internal.map(([what, networks]) => ({ what, list: listOf(networks.split(' ').map(demandedNetwork)) }));
/** The only part of IPv6 that has public hosts; NAT64 and everything else that leads elsewhere is outside. */
const publicIpv6 = listOf([demandedNetwork('2000::/3')]);
const mappedIpv4 = listOf([demandedNetwork('::ffff:0:0/96')]);

type Resolve = typeof resolveName;

/**
 * Keeps webhooks out of internal networks. It stands in the connection itself: what is looked up is checked and
 * connected to, so a name that changes its address in between gains nothing.
 */
export class AddressGuard {
  private readonly allowed: BlockList;

  /** @param allowed networks where webhooks may go all the same */
  constructor(
    allowed: readonly Network[],
    private readonly resolve: Resolve = resolveName,
  ) {
    this.allowed = listOf(allowed);
  }

  /** For a host that is an address: such hosts are never looked up. @throws BlockedAddress */
  demandHost(hostname: string): void {
    const host = hostname.replace(/^\[|\]$/g, '');
    const why = isIP(host) === 0 ? undefined : this.whyBlocked(host);
    if (why !== undefined) throw blockedBecause(host, why);
  }

  /** For `lookup` of a connection. */
  readonly lookup: LookupFunction = (hostname, options, done) => {
    this.resolve(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return done(error, []);
      const usable = addresses.filter(({ address }) => this.whyBlocked(address) === undefined);
      const [first] = usable;
      if (first === undefined) {
        const address = addresses[0]?.address ?? 'no address';
        const why = this.whyBlocked(address) ?? 'no public address';
        return done(blockedBecause(`${hostname} leads to ${address}, which`, why), []);
      }
      if (options.all) done(null, usable);
      else done(null, first.address, first.family);
    });
  };

  /** What the address is, when webhooks must not go there. */
  whyBlocked(address: string): string | undefined {
    const plain = address.split('%', 1)[0] ?? '';
    const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
    if (isIP(plain) === 0) return 'no address';
    if (this.allowed.check(plain, family)) return undefined;
    const found = blocked.find(({ list }) => list.check(plain, family));
    if (found) return found.what;
    const isPublic = family === 'ipv4' || mappedIpv4.check(plain, 'ipv6') || publicIpv6.check(plain, 'ipv6');
    return isPublic ? undefined : 'no public address';
  }
}

/** `10.0.0.0/8`, `fd00::/8` or one address. Undefined for what is none. */
export function networkOf(text: string): Network | undefined {
  const [address = '', prefixText, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0 || address.includes('%')) return undefined;
  const longest = version === 4 ? 32 : 128;
  if (prefixText !== undefined && !/^\d{1,3}$/.test(prefixText)) return undefined;
  const prefix = prefixText === undefined ? longest : Number(prefixText);
  return prefix <= longest ? { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' } : undefined;
}

function demandedNetwork(text: string): Network {
  const network = networkOf(text);
  if (!network) throw new Error(`${text} is no network.`);
  return network;
}

/** Matches an IPv4 address that is written as IPv6 by its IPv4 networks too. */
function listOf(networks: readonly Network[]): BlockList {
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  return list;
}

function blockedBecause(what: string, why: string): BlockedAddress {
  return new BlockedAddress(`${what} is ${why}. Nothing is sent there unless WEBHOOK_ALLOWED_NETWORKS names it.`);
}
