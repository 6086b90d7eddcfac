import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { compiled } from '#libs/local-stack/src/files.js';
import { startPart } from '#libs/local-stack/src/part.js';
import { choosePort } from '#libs/local-stack/src/ports.js';
import type { Stack } from '#libs/local-stack/src/stack.js';
import { CONTEXTS } from '#libs/local-stack/src/stack-plan.js';

export type Context = (typeof CONTEXTS)[number];

/** Runs contexts alone, each as a process of its own, on the stores of a stack. They end with the test. */
export class ContextProcesses {
  private constructor(
    private readonly stack: Stack,
    private readonly environment: Readonly<Record<string, string>>,
    private readonly ports: Readonly<Record<Context, number>>,
  ) {}

  /** @param environment in addition to what the stack tells */
  static async on(stack: Stack, environment: Readonly<Record<string, string>> = {}): Promise<ContextProcesses> {
    const ports = await Promise.all(CONTEXTS.map(async (context) => [context, await choosePort()] as const));
    return new ContextProcesses(stack, environment, Object.fromEntries(ports) as Record<Context, number>);
  }

  urlOf(context: Context): string {
    return `http://127.0.0.1:${this.ports[context]}`;
  }

  async start(context: Context): Promise<void> {
    const { dataDir, env } = this.stack;
    const part = await startPart({
      title: context,
      command: process.execPath,
      args: [compiled(`apps/${context}/src/main.js`)],
      env: {
        PATH: process.env['PATH'],
        ...env,
        ...this.environment,
        JWKS_URL: `${this.urlOf('identity')}/api/auth/.well-known/jwks.json`,
        PORT: String(this.ports[context]),
      },
      logFile: join(dataDir, 'logs', `${context}.log`),
      isReady: (line) => (line.startsWith('{"ready":true') ? {} : undefined),
    });
    onTestFinished(() => part.stop());
  }
}
