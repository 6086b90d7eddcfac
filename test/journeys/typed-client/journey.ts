/**
 * Uses the API as somebody does who has generated a client from its OpenAPI document: no type is written here, and
 * none is cast. `typed-client.ts` generates `client/`, compiles this program with it and runs it.
 */
import { createClient } from './client/client/index.js';
import {
  authControllerLogin,
  customerListControllerList,
  customerListControllerOne,
  customersControllerCreate,
  customersControllerUpdate,
} from './client/sdk.gen.js';

const { API = '', EMAIL = '', PASSWORD = '' } = process.env;
const anonymous = createClient({ baseUrl: API });
const { data: session } = await authControllerLogin({
  client: anonymous,
  body: { email: EMAIL, password: PASSWORD },
  throwOnError: true,
});
const client = createClient({ baseUrl: API, auth: session.accessToken });

const { data: created, response } = await customersControllerCreate({
  client,
  body: { name: 'Typed Client', investmentProfile: 'moderate' },
  throwOnError: true,
});
const { data: page } = await customerListControllerList({
  client,
  query: { limit: 200 },
  headers: { 'X-Await-Position': response.headers.get('x-event-position') ?? '' },
  throwOnError: true,
});
const listed = page.items.find(({ id }) => id === created.id);

const path = { id: created.id };
const refused = await customersControllerUpdate({
  client,
  path,
  headers: { 'If-Match': '"99"' },
  body: { name: 'Overwritten' },
});
const { data: one } = await customerListControllerOne({ client, path, throwOnError: true });

process.stdout.write(
  JSON.stringify({ role: session.user.role, listed: listed?.name, one: one.name, refused: refused.error?.code }),
);
