import { rmSync } from 'node:fs';
import { messageOf } from '#libs/local-stack/src/stack-error.js';

/** A line for people. */
export type Print = (line: string) => void;

const mostFindings = 50;

/** Ends the process with the check's own code: 0 nothing was found, 1 something was; 2 when it could not be made. */
export async function exitWithVerdict(check: () => Promise<number>): Promise<never> {
  try {
    process.exit(await check());
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exit(2);
  }
}

/** With --json standard output is for the one object; people read the rest on standard error. */
export function printTo(json: boolean | undefined): Print {
  const screen = json ? process.stderr : process.stdout;
  return (line) => void screen.write(`${line}\n`);
}

/**
 * Says what was found and prints the result as one line of JSON. The folder goes when there is nothing to look at.
 * @param kept said when the folder stays
 * @returns the exit code
 */
export function tellVerdict(
  {
    findings,
    result,
    folder,
    kept,
  }: Readonly<Record<'folder' | 'kept', string>> & {
    readonly findings: readonly string[];
    readonly result: object;
  },
  print: Print,
): number {
  for (const line of findings.slice(0, mostFindings)) print(`  ${line}`);
  if (findings.length > mostFindings) print(`  … and ${findings.length - mostFindings} more`);
  if (findings.length === 0) rmSync(folder, { recursive: true, force: true });
  else print(kept);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return findings.length === 0 ? 0 : 1;
}

/** @throws Error that names the option when the text is no whole number from 1 */
export function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new Error(`--${option} is "${text}" and must be a whole number from 1.`);
}
