import { describe, expect, it } from 'vitest';
import { EnvError, integer, list, oneOf, port, readEnv, secretKey, text, url } from './env.js';

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof EnvError) return error.problems;
    throw error;
  }
  return [];
}

describe('readEnv', () => {
  it('reads each kind of value', () => {
    const key = Buffer.alloc(32, 1);
    const values = readEnv(
      {
        PUBLIC_URL: url(),
        PORT: port({ default: 3000 }),
        LEVEL: oneOf(['info', 'debug'], { default: 'info' }),
        ORIGINS: list({ default: [] }),
        KEY: secretKey(),
        NAME: text(),
        TRIES: integer({ min: 1, max: 6 }),
      },
      {
        PUBLIC_URL: 'http://localhost:3000/',
        PORT: '',
        LEVEL: 'debug',
        ORIGINS: 'https://a.example, https://b.example,',
        KEY: key.toString('base64'),
        NAME: ' Keiyaku ',
        TRIES: '6',
      },
    );
    expect(values).toEqual({
      PUBLIC_URL: 'http://localhost:3000',
      PORT: 3000,
      LEVEL: 'debug',
      ORIGINS: ['https://a.example', 'https://b.example'],
      KEY: key,
      NAME: 'Keiyaku',
      TRIES: 6,
    });
  });

  it('names every problem at once, one line each', () => {
    const spec = { DATABASE_URL: url({ example: 'postgres://user:password@host:5432/name' }), PORT: port() };
    expect(problemsOf(() => readEnv(spec, { PORT: '70000' }))).toEqual([
      'DATABASE_URL is not set. Set it to a URL like postgres://user:password@host:5432/name.',
      'PORT is not usable. Set it to a whole number from 0 to 65535.',
    ]);
  });

  it.each([
    ['a URL without a scheme', url(), 'hunter2@host'],
    ['a short key', secretKey(), Buffer.from('hunter2').toString('base64')],
    ['a key that is not base64', secretKey(), 'hunter2-'.repeat(6)],
    ['an unknown choice', oneOf(['a', 'b']), 'hunter2'],
    ['a number with letters', integer(), '7hunter2'],
  ])('refuses %s and does not repeat it', (_name, variable, value) => {
    const [problem] = problemsOf(() => readEnv({ SECRET: variable }, { SECRET: value }));
    expect(problem).toMatch(/^SECRET is not usable\. Set it to /);
    expect(problem).not.toContain(value);
  });
});
