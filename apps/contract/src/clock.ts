/** The time against which webhooks are judged. Injected, so that a test can stand at the edge of five minutes. */
export class Clock {
  now: () => Date = () => new Date();
}
