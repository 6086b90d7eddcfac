/** `/customers` for `/api/customers`: the paths without their prefix, which older documents name. */

/** Learns from the routes of the app which first segments belong to the API alone. */
export class BareAlias {
  private readonly api = new Set<string>();
  private readonly outside = new Set<string>();

  /** @param url pattern of a route, like `/api/customers/:id` or `/health` */
  learn(url: string): void {
    const [first = '', second = ''] = segments(url);
    if (first !== 'api') this.outside.add(first);
    else if (second !== '') this.api.add(second);
  }

  /** A path that something outside the API answers is left alone. */
  rewrite(url: string): string {
    const [first = ''] = segments(url);
    return this.api.has(first) && !this.outside.has(first) ? `/api${url}` : url;
  }
}

function segments(url: string): string[] {
  return (url.split(/[?#]/, 1)[0] ?? '').split('/').slice(1);
}
