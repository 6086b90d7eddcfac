import { hasCode } from '#libs/local-stack/src/process-table.js';

/** Longer than any request may take: whoever waits so long was given no answer. */
const answerTimeoutMs = 15_000;

/** What became of one request. */
export interface Answer {
  /** Method and path. */
  readonly what: string;
  /** Undefined when no answer came: a connection that was refused or broke, or silence. */
  readonly status: number | undefined;
  readonly headers: Headers;
  /** The body as text, or why there is no answer. */
  readonly text: string;
  /** Nobody listened there, so the request was not sent. */
  readonly unsent?: boolean;
}

export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const what = `${init.method ?? 'GET'} ${new URL(url).pathname}`;
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(answerTimeoutMs) });
    return { what, status: response.status, headers: response.headers, text: await response.text() };
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    const text = [error, cause].map((each) => (each instanceof Error ? each.message : '')).join(' ');
    return { what, status: undefined, headers: new Headers(), text, unsent: hasCode(cause, 'ECONNREFUSED') };
  }
}

/** The code of a 503 that says what is away and when to come again; undefined when this is no such answer. */
export function clearRefusal({ status, headers, text }: Answer): string | undefined {
  if (status !== 503 || !/^[1-9][0-9]*$/.test(headers.get('retry-after') ?? '')) return undefined;
  if (!headers.get('content-type')?.startsWith('application/problem+json')) return undefined;
  const { code, detail } = JSON.parse(text) as { code?: unknown; detail?: unknown };
  return typeof code === 'string' && typeof detail === 'string' && detail !== '' ? code : undefined;
}
