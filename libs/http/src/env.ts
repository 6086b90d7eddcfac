/** Typed reading of environment variables. Messages name the variable and never show its value. */

export interface EnvVariable<Value> {
  /** Value when the variable is missing or empty; without it the variable is required. */
  readonly fallback?: { readonly value: Value };
  /** What to write, for the message: `a port from 0 to 65535`. */
  readonly expected: string;
  /** `undefined` when the text is no such value. */
  readonly parse: (text: string) => Value | undefined;
}

export class EnvError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'EnvError';
  }
}

type Values<Spec extends Record<string, EnvVariable<unknown>>> = {
  readonly [Name in keyof Spec]: Spec[Name] extends EnvVariable<infer Value> ? Value : never;
};

/** Reads all variables of the spec. Throws one EnvError with one line for each that is missing or wrong. */
export function readEnv<Spec extends Record<string, EnvVariable<unknown>>>(
  spec: Spec,
  env: NodeJS.ProcessEnv = process.env,
): Values<Spec> {
  const problems: string[] = [];
  const values = Object.entries(spec).map(([name, variable]) => {
    const text = env[name];
    if (text === undefined || text.trim() === '') {
      if (variable.fallback) return [name, variable.fallback.value] as const;
      problems.push(`${name} is not set. Set it to ${variable.expected}.`);
      return [name, undefined] as const;
    }
    const value = variable.parse(text.trim());
    if (value === undefined) problems.push(`${name} is not usable. Set it to ${variable.expected}.`);
    return [name, value] as const;
  });
  if (problems.length > 0) throw new EnvError(problems);
  return Object.fromEntries(values) as Values<Spec>;
}

interface Options<Value> {
  readonly default?: Value;
}

function variable<Value>(
  expected: string,
  options: Options<Value>,
  parse: EnvVariable<Value>['parse'],
): EnvVariable<Value> {
  return { expected, parse, ...(options.default !== undefined && { fallback: { value: options.default } }) };
}

export function text(options: Options<string> & { expected?: string } = {}): EnvVariable<string> {
  return variable(options.expected ?? 'some text', options, (value) => value);
}

/** Kept as text, without a trailing slash. `example` goes into the message. */
export function url(options: Options<string> & { example?: string } = {}): EnvVariable<string> {
  const expected = options.example ? `a URL like ${options.example}` : 'a URL';
  return variable(expected, options, (value) => (URL.canParse(value) ? value.replace(/\/+$/, '') : undefined));
}

export function integer(options: Options<number> & { min?: number; max?: number } = {}): EnvVariable<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
  return variable(`a whole number from ${min} to ${max}`, options, (value) => {
    const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
    return number >= min && number <= max ? number : undefined;
  });
}

/** Undefined when the variable is missing or empty. */
export function optional<Value>(wanted: EnvVariable<Value>): EnvVariable<Value | undefined> {
  return { ...wanted, fallback: { value: undefined } };
}

/** 0 takes a free port. */
export function port(options: Options<number> = {}): EnvVariable<number> {
  return integer({ ...options, min: 0, max: 65_535 });
}

export function oneOf<const Choice extends string>(
  choices: readonly Choice[],
  options: Options<Choice> = {},
): EnvVariable<Choice> {
  return variable(`one of ${choices.join(', ')}`, options, (value) => choices.find((choice) => choice === value));
}

/** A comma-separated list; blanks around the entries are dropped. */
export function list(options: Options<readonly string[]> = {}): EnvVariable<readonly string[]> {
  return variable('a comma-separated list', options, (value) =>
    value
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  );
}

/** A key of 32 bytes, written in base64. */
export function secretKey(): EnvVariable<Buffer> {
  return variable<Buffer>('32 random bytes in base64 (openssl rand -base64 32)', {}, (value) => {
    const key = Buffer.from(value, 'base64');
    return /^[A-Za-z0-9+/]+={0,2}$/.test(value) && key.length === 32 ? key : undefined;
  });
}
