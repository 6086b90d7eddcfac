/** The baseline for queries: Fastify and pg on the same read model, with no token check and no validation. */
import Fastify from 'fastify';
import { Pool } from 'pg';

const pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 10 });
const app = Fastify();

interface Row {
  readonly [column: string]: unknown;
}

app.get<{ Params: { id: string } }>('/contracts/:id', async ({ params }, reply) => {
  const { rows } = await pool.query<Row>('select * from contract_list where id = $1', [params.id]);
  return rows[0] ? view(rows[0]) : reply.code(404).send();
});

app.get('/contracts', async () => {
  const { rows } = await pool.query<Row>('select * from contract_list order by created_at desc, id desc limit 51');
  return { items: rows.slice(0, 50).map(view), next: rows.length > 50 ? rows[49]?.['id'] : null };
});

function view(row: Row): object {
  const { company_name, company_email, language, plan, region, storage_quota, user_limit, ...rest } = row;
  return {
    id: rest['id'],
    status: rest['status'],
    externalId: rest['external_id'],
    company: { name: company_name, email: company_email, language },
    terms: { plan, region, storageQuota: storage_quota, userLimit: user_limit },
    contractDate: rest['contract_date'],
    createdAt: rest['created_at'],
    signedAt: rest['signed_at'],
    updatedAt: rest['updated_at'],
    amendedAt: rest['amended_at'],
    standingChangedAt: rest['standing_changed_at'],
    standingReason: rest['standing_reason'],
    changeRefusedAt: rest['change_refused_at'],
    changeRefusedReason: rest['change_refused_reason'],
    changeRecordedAt: rest['change_recorded_at'],
    revision: rest['revision'],
  };
}

process.once('SIGTERM', () => void app.close().then(() => pool.end()));
await app.listen({ port: 0, host: '127.0.0.1' });
const { port } = app.server.address() as { port: number };
process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`);
