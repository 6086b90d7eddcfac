import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

/** The command was called wrongly: the message says how, and the usage follows it. */
export class UsageError extends Error {}

/** As `parseArgs` reads them. @throws UsageError naming the option that it does not know or that lacks its value */
export function readOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
