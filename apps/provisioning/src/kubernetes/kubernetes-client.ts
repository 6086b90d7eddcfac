import { isDeepStrictEqual } from 'node:util';
import { apiError, KubernetesApiError, KubernetesUnreachable, parseStatus } from './errors.js';
import { collectionPath, describeRef, objectPath, refOf, type KubernetesObject, type ObjectRef } from './resources.js';
import { readLines, Transport, type Answer, type Gate, type KubeconfigSource, type Request } from './transport.js';

const TIMEOUT_MS = 15_000;
const PROBE_MS = 5_000;
const PAGE = 500;

export interface ApplyOptions {
  /** Who owns the applied fields. */
  fieldManager: string;
  /** Take fields over from other managers instead of failing with 409. */
  force?: boolean;
  /** Let the server check everything and store nothing. */
  dryRun?: boolean;
  /** Costs a second request, which reads the object before; without it nothing is ever found 'unchanged', nor `before`. */
  compare?: boolean;
  signal?: AbortSignal;
}

export interface Applied {
  /** As the server answered it. */
  object: KubernetesObject;
  /** As it stood, if it did and was read. */
  before?: KubernetesObject | undefined;
  outcome: 'created' | 'configured' | 'unchanged';
  /** Texts of the server's `Warning` headers. */
  warnings: string[];
}

export interface DeleteOptions {
  /** Only this very object, not another one of its name that came after it. */
  uid?: string | undefined;
  /** Only if nobody has changed it since. */
  resourceVersion?: string | undefined;
  /** Whether what it owns goes after it, which is the default, or before. */
  propagation?: 'Background' | 'Foreground';
  signal?: AbortSignal;
}

/** Which objects of a list are wanted, in the words of the API: `app=web`, `involvedObject.kind=Pod`. */
export interface Selectors {
  labels?: string;
  fields?: string;
}

export interface WatchOptions {
  namespace?: string;
  labelSelector?: string;
  /** From a list; without it the watch starts with every object as ADDED. */
  resourceVersion?: string;
  /** The server ends the watch after this time. */
  timeoutSeconds: number;
  signal?: AbortSignal;
}

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: KubernetesObject;
}

/**
 * Our own client: `@kubernetes/client-node` reads the kubeconfig, the rest is plain HTTP. The generated client drops
 * unknown fields in silence, hides warnings and knows no time-outs (docs/decisions, reference §3.1).
 *
 * Every method throws {@link KubernetesApiError} for an answer that is no success, {@link KubernetesUnreachable} when
 * there is none, and the signal's reason when the caller aborts.
 */
export class KubernetesClient {
  private constructor(private readonly transport: Transport) {}

  /** `path` of a kubeconfig; without it `KUBECONFIG`, `~/.kube/config` or the pod's service account. */
  static async fromKubeconfig(path?: string): Promise<KubernetesClient> {
    return KubernetesClient.connect(path === undefined ? {} : { path });
  }

  /** @param gate may keep requests back while the cluster does not answer */
  static async connect(source: KubeconfigSource, gate?: Gate): Promise<KubernetesClient> {
    return new KubernetesClient(await Transport.connect(source, gate));
  }

  get server(): string {
    return this.transport.serverUrl;
  }

  /** Server-side apply with strict field validation. */
  async apply(object: KubernetesObject, options: ApplyOptions): Promise<Applied> {
    const ref = refOf(object);
    const before = options.compare ? await this.get(ref, options.signal) : undefined;
    const query = new URLSearchParams({ fieldManager: options.fieldManager, fieldValidation: 'Strict' });
    if (options.force) query.set('force', 'true');
    if (options.dryRun) query.set('dryRun', 'All');
    const answer = await this.success(describeRef(ref), {
      method: 'PATCH',
      path: `${objectPath(ref)}?${query.toString()}`,
      body: object,
      contentType: 'application/apply-patch+yaml',
      signal: options.signal,
      timeoutMs: TIMEOUT_MS,
    });
    const after = JSON.parse(answer.text) as KubernetesObject;
    const created = answer.status === 201 || (options.compare === true && !before);
    const outcome = created ? 'created' : before && isSame(before, after) ? 'unchanged' : 'configured';
    return { object: after, before, outcome, warnings: warningsOf(answer) };
  }

  /** undefined when the object (or its namespace) does not exist. */
  async get(ref: ObjectRef, signal?: AbortSignal): Promise<KubernetesObject | undefined> {
    const answer = await this.send({ method: 'GET', path: objectPath(ref), signal, timeoutMs: TIMEOUT_MS });
    if (isMissing(answer)) return undefined;
    return JSON.parse(check(describeRef(ref), answer).text) as KubernetesObject;
  }

  /** All objects of a kind; `namespace` undefined means all namespaces. `resourceVersion` is where a watch can start. */
  async list(
    kind: Omit<ObjectRef, 'name' | 'namespace'>,
    namespace?: string,
    { labels, fields }: Selectors = {},
    signal?: AbortSignal,
  ): Promise<{ items: KubernetesObject[]; resourceVersion: string }> {
    const items: KubernetesObject[] = [];
    const query = new URLSearchParams({
      limit: String(PAGE),
      ...(labels !== undefined && { labelSelector: labels }),
      ...(fields !== undefined && { fieldSelector: fields }),
    });
    for (;;) {
      const path = `${collectionPath(kind, namespace)}?${query.toString()}`;
      const answer = await this.success(describeKind(kind, namespace), {
        method: 'GET',
        path,
        signal,
        timeoutMs: TIMEOUT_MS,
      });
      const page = JSON.parse(answer.text) as {
        metadata: { resourceVersion: string; continue?: string };
        items: Omit<KubernetesObject, 'apiVersion' | 'kind'>[];
      };
      // Items of a list do not repeat their kind.
      items.push(
        ...page.items.map((item) => ({ ...item, apiVersion: kind.apiVersion, kind: kind.kind }) as KubernetesObject),
      );
      if (!page.metadata.continue) return { items, resourceVersion: page.metadata.resourceVersion };
      query.set('continue', page.metadata.continue);
    }
  }

  /** False when there was nothing; 409 when a precondition does not hold. What holds a finalizer goes later. */
  async delete(ref: ObjectRef, options: DeleteOptions = {}): Promise<boolean> {
    const { uid, resourceVersion, propagation = 'Background', signal } = options;
    const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
    const answer = await this.send({
      method: 'DELETE',
      path: objectPath(ref),
      body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: propagation, preconditions },
      signal,
      timeoutMs: TIMEOUT_MS,
    });
    if (isMissing(answer)) return false;
    check(describeRef(ref), answer);
    return true;
  }

  /**
   * Yields changes until the server's time-out, a lost connection or an expired `resourceVersion`; then it ends, and
   * the caller lists again. Breaking out of the loop closes the connection.
   */
  async *watch(kind: Omit<ObjectRef, 'name' | 'namespace'>, options: WatchOptions): AsyncGenerator<WatchEvent> {
    const query = new URLSearchParams({
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(options.timeoutSeconds),
      ...(options.labelSelector && { labelSelector: options.labelSelector }),
      ...(options.resourceVersion && { resourceVersion: options.resourceVersion }),
    });
    // A connection that died in silence ends here, a little after the server should have ended it.
    const late = AbortSignal.timeout((options.timeoutSeconds + 10) * 1000);
    const signal = options.signal ? AbortSignal.any([options.signal, late]) : late;
    const path = `${collectionPath(kind, options.namespace)}?${query.toString()}`;
    const object = describeKind(kind, options.namespace);
    try {
      const message = await this.transport.open(path, signal);
      try {
        if (message.statusCode !== 200) {
          const text = (await message.toArray()).map(String).join('');
          throw apiError(message.statusCode ?? 0, object, text, message.headers['retry-after']);
        }
        for await (const line of readLines(message)) {
          const event = JSON.parse(line) as { type: WatchEvent['type'] | 'ERROR'; object: KubernetesObject };
          if (event.type === 'ERROR') {
            if (event.object['code'] === 410) return;
            throw apiError(Number(event.object['code']), object, JSON.stringify(event.object), undefined);
          }
          yield { type: event.type, object: event.object };
        }
      } finally {
        message.destroy();
      }
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      if (late.aborted || isCut(error)) return;
      throw error;
    }
  }

  /**
   * GET on a service through the API server's proxy. What the service answers is returned whatever its status; the
   * API server's own refusals (no such service, no endpoints) throw.
   */
  async serviceProxyGet(
    namespace: string,
    service: string,
    port: number | string,
    path: string,
    signal?: AbortSignal,
  ): Promise<{ status: number; body: string }> {
    const ref = { apiVersion: 'v1', kind: 'Service', namespace, name: `${service}:${port}` };
    const url = `${objectPath({ ...ref, name: service })}:${encodeURIComponent(String(port))}/proxy/${path.replace(/^\//, '')}`;
    const answer = await this.send({ method: 'GET', path: url, signal, timeoutMs: TIMEOUT_MS });
    if (answer.status >= 400 && parseStatus(answer.text)) check(describeRef({ ...ref, name: service }), answer);
    return { status: answer.status, body: answer.text };
  }

  /** `v1.34.9`, for checks at start. */
  async version(signal?: AbortSignal): Promise<string> {
    const answer = await this.success('version', { method: 'GET', path: '/version', signal, timeoutMs: TIMEOUT_MS });
    return (JSON.parse(answer.text) as { gitVersion: string }).gitVersion;
  }

  /** Asks whether the server answers, whatever the gate says. An answer that blames the server is none. */
  async probe(signal?: AbortSignal): Promise<void> {
    const { status } = await this.send({ method: 'GET', path: '/version', signal, timeoutMs: PROBE_MS, probe: true });
    if (status >= 500) throw new KubernetesUnreachable(this.server, `it answers ${status}`);
  }

  /** Closes idle connections; the client cannot be used afterwards. */
  close(): void {
    this.transport.close();
  }

  private send(request: Request): Promise<Answer> {
    return this.transport.send(request);
  }

  private async success(object: string, request: Request): Promise<Answer> {
    return check(object, await this.send(request));
  }
}

function check(object: string, answer: Answer): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw apiError(answer.status, object, answer.text, answer.headers['retry-after']);
}

/** The object is not there. A kind that the server does not have answers plain text and is an error. */
function isMissing(answer: Answer): boolean {
  return answer.status === 404 && parseStatus(answer.text)?.reason === 'NotFound';
}

function describeKind({ kind }: { kind: string }, namespace: string | undefined): string {
  return namespace ? `${kind} list in ${namespace}` : `${kind} list`;
}

/** Controllers write the status all the time; that is no change of ours. */
function isSame(before: KubernetesObject, after: KubernetesObject): boolean {
  const ours = ({ status: _status, metadata, ...rest }: KubernetesObject) => {
    const { resourceVersion: _revision, managedFields: _managers, ...meta } = metadata;
    return { ...rest, metadata: meta };
  };
  return isDeepStrictEqual(ours(before), ours(after));
}

function warningsOf(answer: Answer): string[] {
  const header = answer.headers['warning'] ?? '';
  return [...header.matchAll(/\d{3} \S+ ("(?:[^"\\]|\\.)*")/g)].map(
    ([, quoted = '""']) => JSON.parse(quoted) as string,
  );
}

function isCut(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return !(error instanceof KubernetesUnreachable) && !(error instanceof KubernetesApiError) && code === 'ECONNRESET';
}
