import { createHmac } from 'node:crypto';

/** Body of `POST /api/contracts`; the baselines get the same one. */
export function draftBody(number: string): string {
  return JSON.stringify({
    externalId: `BENCH-${number}`,
    company: { name: 'ABC Corporation', email: 'it@abc-corp.example', language: 'ja' },
    terms: { plan: 'enterprise', region: 'ap-northeast-1', storageQuota: '1TB', userLimit: 100 },
    contractDate: '2025-05-29',
  });
}

/** Body of `POST /api/customers`; `unlike` makes it another customer than all others. */
export function customerBody(unlike: string): string {
  return JSON.stringify({
    name: `計測 ${unlike}`,
    nameKana: 'ケイソク タロウ',
    email: `${unlike}@bench.example`,
    birthDate: '1980-04-01',
    address: '東京都千代田区丸の内1-1-1',
    investmentProfile: 'moderate',
    riskTolerance: 'medium',
  });
}

/** A customer's webhook, signed by Standard Webhooks with a secret `whsec_<base64>`. */
export function signedWebhook(
  secret: string,
  webhookId: string,
  customer: number,
): { readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  const now = new Date();
  const body = JSON.stringify({
    type: 'customer.registered',
    timestamp: now.toISOString(),
    data: {
      customer: {
        id: `CUST-BENCH-${customer}`,
        name: `Bench ${customer} Corporation`,
        plan: 'enterprise',
        region: 'ap-northeast-1',
        storage_quota: '1TB',
        user_limit: 100,
        contract_date: '2025-05-29',
        environment_status: 'provisioning',
        email: `it@bench-${customer}.example`,
        language: customer % 2 === 0 ? 'en' : 'ja',
      },
    },
  });
  const timestamp = Math.floor(now.getTime() / 1000).toString();
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${webhookId}.${timestamp}.${body}`).digest('base64');
  return {
    headers: {
      'content-type': 'application/json',
      'webhook-id': webhookId,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body,
  };
}
