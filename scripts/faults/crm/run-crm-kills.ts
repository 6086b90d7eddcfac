import { setTimeout as delay } from 'node:timers/promises';
import type { Print } from '../../verdict.js';
import { seeded } from '../random.js';
import { type RawEvent, readWholeLog } from '../raw-log.js';
import { CrmCommands, type Sent } from './crm-commands.js';
import { crmContexts, type CrmPlace } from './crm-place.js';

export interface CrmKillOptions {
  readonly kills: number;
  readonly seed: number;
  /** How many customers are worked on at once. */
  readonly atOnce: number;
  readonly print: Print;
}

/** The last line of `npm run test:faults -- --crm`. */
export interface CrmKillResult {
  readonly kills: number;
  readonly commands: number;
  /** Commands that got no answer, each time. */
  readonly unanswered: number;
  /** Those that were not sent because nobody listened, each time. */
  readonly unsent: number;
}

const longestPauseMs = 500;

/**
 * Kills contexts with -9 while they carry out commands. Each command is sent with its key until it is answered; in the
 * end all are sent once more, and the log is looked at: each was done once, and answered alike.
 */
export async function runCrmKills(
  place: CrmPlace,
  { kills, seed, atOnce, print }: CrmKillOptions,
): Promise<{ readonly result: CrmKillResult; readonly findings: readonly string[] }> {
  const random = seeded(seed);
  const failed = new AbortController();
  const commands = new CrmCommands(place, failed.signal);
  const progress = { killing: true };
  const killing = (async () => {
    for (let kill = 1; kill <= kills; kill++) {
      const victim = crmContexts[Math.floor(random() * crmContexts.length)]!;
      await delay(random() * longestPauseMs);
      while (commands.inHandOf(victim) === 0) await delay(1, undefined, { signal: failed.signal });
      print(`  kill ${kill}: ${victim} (${commands.sent.length} commands carried out)`);
      await place.stack.parts[victim]!.kill('SIGKILL');
      await place.stack.parts[victim]!.restart();
    }
    progress.killing = false;
  })();
  const working = Array.from({ length: atOnce }, async () => {
    do await commands.story();
    while (progress.killing);
  });
  try {
    await Promise.all([killing, ...working]);
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled([killing, ...working]);
    throw error;
  }
  print(`  quiet: ${commands.sent.length} commands carried out, all are sent once more`);
  const repeated = await commands.repeatAll();
  const log = await readWholeLog(place.stack.env['EVENTSTORE_URL']!);
  const { sent, unanswered, unsent } = commands;
  return {
    result: { kills, commands: sent.length, unanswered, unsent },
    findings: [...repeated, ...wrongEffects(sent, log)],
  };
}

/** A line for each command of which the log holds anything else than its effects, each once. */
export function wrongEffects(
  sent: readonly Pick<Sent, 'correlationId' | 'effects' | 'answer'>[],
  log: readonly RawEvent[],
): string[] {
  // What policies make of a command has a cause.
  const own = log.filter(({ metadata }) => metadata['causationId'] === undefined);
  const stored = Map.groupBy(own, ({ metadata }) => String(metadata['correlationId']));
  return sent.flatMap(({ correlationId, effects, answer }) => {
    const types = (stored.get(correlationId) ?? []).map(({ type }) => type).toSorted();
    if (types.join() === effects.toSorted().join()) return [];
    return [`${answer.what} is to store ${effects.join(', ')} and stored ${types.join(', ') || 'nothing'}`];
  });
}
