/** Names of parameters that hold keys. The address stands in the log; who sends is proved by the signature. */
const secretName = /token|secret|key|passw|signature|auth|credential/i;

/** What is wrong with the address of an endpoint, and what to do; undefined for a usable one. */
export function problemOfUrl(text: string, { allowHttp }: { readonly allowHttp: boolean }): string | undefined {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return 'Must be a URL like https://crm.example/hooks/keiyaku.';
  }
  if (url.protocol === 'http:' && !allowHttp)
    return 'Must begin with https: what is sent would be readable on its way.';
  if (url.username !== '' || url.password !== '') {
    return 'Must hold no user and no password. The receiver knows us by the signature.';
  }
  if (url.hash !== '') return 'Must have no part behind "#": it is never sent.';
  const secret = [...url.searchParams.keys()].find((name) => secretName.test(name));
  if (secret !== undefined) {
    return `Must hold no secret, and the parameter "${secret}" looks like one. The receiver knows us by the signature.`;
  }
  return undefined;
}
