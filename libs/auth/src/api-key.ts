/** How a key of a machine client is written: `kyk_<id>_<secret>`. The prefix lets scanners find keys that leaked. */
export interface ApiKeyParts {
  /** Id of the key; no secret. */
  readonly id: string;
  readonly secret: string;
}

const form = /^kyk_([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})_([\w-]{43})$/;

export function apiKeyText({ id, secret }: ApiKeyParts): string {
  return `kyk_${id}_${secret}`;
}

/** Undefined for what is no key, like an access token. */
export function parseApiKey(text: string): ApiKeyParts | undefined {
  const [, id, secret] = form.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}
