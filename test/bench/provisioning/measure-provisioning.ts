import { Bench } from '../bench.js';
import * as product from '../settings.js';
import { roundedAll } from '../statistics.js';
import { followEnvironments } from './environment-log.js';
import { measureAlone } from './measure-alone.js';
import { measureClassify } from './measure-classify.js';
import { measureTogether } from './measure-together.js';
import { full, quick } from './settings.js';

/** What `npm run bench -- provisioning --json` prints: whoever compares runs relies on these names. */
export interface ProvisioningFigures {
  readonly environmentsPerHour: number;
  readonly signedToAppliedMsP50: number;
  readonly signedToAppliedMsP95: number;
  readonly planMs: number;
  readonly stepOverheadMsP50: number;
  readonly classifyMsP95: number;
}

/** Answers every figure by its name, rounded. */
export async function measureProvisioning(
  isQuick: boolean,
  report: (line: string) => void,
): Promise<ProvisioningFigures> {
  const settings = isQuick ? quick : full;
  const bench = await Bench.start(isQuick ? product.quick : product.full, report);
  try {
    report('everything is up');
    const log = await followEnvironments(bench);
    const alone = await measureAlone(bench, log, settings);
    await bench.quiet();
    const together = await measureTogether(bench, log, settings);
    await bench.quiet();
    const figures = { ...together, ...alone, ...(await measureClassify(bench, log, settings)) };
    await log.stop();
    report('done');
    return roundedAll(figures);
  } finally {
    await bench.stop();
  }
}
