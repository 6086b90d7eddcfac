import { roundedAll } from '../statistics.js';
import type { SpeedFigures } from './measure-speed.js';
import type { ScaleFigures } from './scale.js';

/** What the last line of a run holds, in the order in which it is printed; rounded. */
export function figuresOf(speed: SpeedFigures, { openMs, rssAnonMb, bytesPerEvent }: ScaleFigures) {
  return roundedAll({ ...speed, openMs, rssAnonMb, bytesPerEvent });
}
