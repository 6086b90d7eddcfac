import { rounded } from '../statistics.js';
import type { SpeedFigures } from './measure-speed.js';
import type { ScaleFigures } from './scale.js';

/** What the last line of a run holds, in the order in which it is printed; rounded. */
export function figuresOf(speed: SpeedFigures, { openMs, rssAnonMb, bytesPerEvent }: ScaleFigures) {
  const figures = { ...speed, openMs, rssAnonMb, bytesPerEvent };
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, rounded(value)]));
}
