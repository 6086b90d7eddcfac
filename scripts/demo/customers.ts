/** The customer of a `customer.registered` webhook, as seed 000 writes it, with `email` and `language` added. */
export interface CrmCustomer {
  readonly id: string;
  readonly name: string;
  readonly plan: string;
  readonly region: string;
  readonly storage_quota: string;
  readonly user_limit: number;
  readonly contract_date: string;
  readonly environment_status: string;
  readonly email: string;
  readonly language: 'ja' | 'en';
}

const names = ['ABC Corporation', 'Hoshino Logistics', 'Kitano Foods', 'Mizuno Medical', 'Sakura Books'];

/** The n-th customer of the demo, from 1; the first is the one of the documents. */
export function demoCustomer(n: number): CrmCustomer {
  const name = names[n - 1] ?? `Example ${n} Corporation`;
  const domain = n === 1 ? 'abc-corp.example' : `${name.toLowerCase().replaceAll(' ', '-')}.example`;
  return {
    id: `CUST-2025-${String(n).padStart(3, '0')}`,
    name,
    plan: 'enterprise',
    region: 'ap-northeast-1',
    storage_quota: '1TB',
    user_limit: 100,
    contract_date: '2025-05-29',
    environment_status: 'provisioning',
    email: `it@${domain}`,
    language: n % 2 === 1 ? 'ja' : 'en',
  };
}
