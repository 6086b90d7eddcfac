/** RFC 9457 problem details: one typed table of codes per context, and the error that carries one. */

const typeBase = 'https://keiyaku.dev/problems/';

export interface ProblemDefinition {
  readonly status: number;
  readonly title: string;
  /** Added to the detail when the thrower gives none of its own. */
  readonly whatToDo?: string;
}

/** A context's codes. Declare it as `ProblemTable<Code>` so that a missing code does not compile. */
export type ProblemTable<Code extends string> = Readonly<Record<Code, ProblemDefinition>>;

export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  /** Path of the request, without its query. */
  readonly instance: string;
  readonly correlationId: string;
  readonly [extension: string]: unknown;
}

export class ProblemError extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly extensions: Readonly<Record<string, unknown>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.name = 'ProblemError';
  }

  body(request: { instance: string; correlationId: string }): ProblemBody {
    return {
      ...this.extensions,
      type: `${typeBase}${this.code}`,
      title: this.title,
      status: this.status,
      detail: this.detail,
      code: this.code,
      ...request,
    };
  }
}

export type ProblemFactory<Code extends string> = (
  code: Code,
  detail?: string,
  extensions?: Readonly<Record<string, unknown>>,
  headers?: Readonly<Record<string, string>>,
) => ProblemError;

/** `const problem = problemFactory(table)`, then `throw problem('contract_not_found', 'No contract has this id.')`. */
export function problemFactory<Code extends string>(table: ProblemTable<Code>): ProblemFactory<Code> {
  return (code, detail, extensions, headers) => {
    const { status, title, whatToDo } = table[code];
    return new ProblemError(code, status, title, detail ?? whatToDo ?? title, extensions, headers);
  };
}

export type ProblemMapper = (error: unknown) => ProblemError | undefined;

const mappers = new Set<ProblemMapper>();
const published = new Map<string, ProblemDefinition>();

/** Lets a library turn its own errors into problems. The first mapper that answers wins. */
export function registerProblemMapper(mapper: ProblemMapper): void {
  mappers.add(mapper);
}

export function mapToProblem(error: unknown): ProblemError | undefined {
  for (const mapper of mappers) {
    const problem = mapper(error);
    if (problem) return problem;
  }
  return undefined;
}

/**
 * Publishes a context's table, so that a decider's refusal is answered by the entry of its code.
 * A code means one thing in the whole system: declaring it again with another meaning throws.
 */
export function registerProblemTable(table: ProblemTable<string>): void {
  for (const [code, definition] of Object.entries(table)) {
    const known = published.get(code);
    if (known && (known.status !== definition.status || known.title !== definition.title)) {
      throw new Error(`The problem code ${code} is declared twice with different meanings. Rename one of them.`);
    }
    published.set(code, definition);
  }
}

export function publishedProblem(code: string): ProblemDefinition | undefined {
  return published.get(code);
}
