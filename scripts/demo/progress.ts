import { type DriftedObject, type EnvironmentStep, environmentSteps } from '#libs/events/src/provisioning.js';

/** The documents' envelope, as the event stream sends it. */
export interface EnvironmentNews {
  readonly eventType: string;
  readonly timestamp: string;
  readonly data: {
    readonly step?: EnvironmentStep;
    readonly ready?: number;
    readonly total?: number;
    readonly reason?: string;
    readonly class?: string;
    readonly whatToDo?: string;
    readonly cause?: string;
    readonly to?: string;
    readonly deleteAt?: string;
    readonly location?: string;
    readonly objects?: readonly Partial<DriftedObject>[];
  };
}

const finishedBy: Readonly<Record<string, EnvironmentStep>> = {
  'environment.planned': 'plan',
  'environment.validated': 'validate',
  'environment.dry_run_passed': 'dry-run',
  'environment.applied': 'apply',
  'environment.available': 'wait',
  'environment.smoke_passed': 'smoke',
  'environment.exported': 'export',
  'environment.deleted': 'delete',
};

/** The work begins with the first step again. */
const begunAnew: ReadonlySet<string> = new Set([
  'environment.retry_requested',
  'environment.amendment_requested',
  'environment.suspension_requested',
  'environment.resumption_requested',
  'environment.termination_requested',
  'environment.drift_found',
]);

const width = 24;

/** What is worth a line of its own beside the steps that are done. */
function newsOf(eventType: string, data: EnvironmentNews['data']): string | undefined {
  switch (eventType) {
    case 'environment.needs_attention':
      return `✗ ${data.step}: ${data.reason} (${data.class}). ${data.whatToDo}`;
    case 'environment.step_failed':
      return `↻ ${data.step}: ${data.reason} (${data.class}). It is tried again by itself.`;
    case 'environment.postponed':
      return `… ${data.step}: the cluster does not answer. The step waits until it does.`;
    case 'environment.version_replaced':
      return `↻ ${data.step}: ${data.reason} (${data.class}). The version ${data.to} is tried.`;
    case 'environment.rechecked':
      return `… still no room: ${data.reason}`;
    case 'environment.resumed':
      return `✓ there is room; the step ${data.step} goes on`;
    case 'environment.delayed':
      return `✉ the customer is told of a delay (${data.cause})`;
    case 'environment.failed':
      return `✉ the customer is told of an error (${data.cause})`;
    case 'environment.amended':
      return '✓ the environment runs under its new terms';
    case 'environment.suspended':
      return '✓ nothing runs; the data is kept';
    case 'environment.restored':
      return '✓ the environment is back';
    case 'environment.drift_found':
      return `! changed by hand: ${(data.objects ?? []).map(inWords).join('; ')}. The plan is applied again.`;
    case 'environment.drift_corrected':
      return '✓ everything is as planned again';
    case 'environment.exported':
      return `✓ the data was exported: ${data.location}`;
    case 'environment.retained':
      return `✓ nothing runs; the data is kept until ${data.deleteAt}`;
    case 'environment.deleted':
      return '✓ everything is deleted; this event is the certificate';
    default:
      return undefined;
  }
}

function inWords({ kind, name, fields = [] }: Partial<DriftedObject>): string {
  const changed = fields.map(({ field, found, planned }) => `${field} is ${found}, not ${planned}`);
  return `${kind} ${name} (${changed.join(', ') || 'missing'})`;
}

/** A progress bar with a line for each step that is done. On a terminal the bar stays in place. */
export class Progress {
  private startedAt = 0;
  private current: EnvironmentStep | undefined;
  private detail = '';
  private done = 0;

  constructor(private readonly screen: NodeJS.WriteStream) {}

  /** Shows what happened; answers true when the environment has reached its end, good or bad. */
  show({ eventType, timestamp, data }: EnvironmentNews): boolean {
    const at = Date.parse(timestamp);
    const finished = finishedBy[eventType];
    if (eventType === 'environment.step_started') {
      this.current = data.step;
      this.detail = '';
      this.startedAt = at;
    } else if (eventType === 'environment.progressed') {
      this.detail = `${data.ready} of ${data.total} objects ready`;
    } else if (begunAnew.has(eventType)) {
      this.done = 0;
    } else if (finished) {
      this.done = environmentSteps.indexOf(finished) + 1;
      this.line(`  ✓ ${finished.padEnd(9)} ${String(at - this.startedAt).padStart(6)} ms`);
      this.current = undefined;
    }
    const ended = eventType === 'environment.ready' || eventType === 'environment.needs_attention';
    const news = newsOf(eventType, data);
    if (news !== undefined) this.line(`  ${news}`);
    this.bar(ended);
    return ended;
  }

  private line(text: string): void {
    this.screen.write(`${this.screen.isTTY ? '\r\u001B[K' : ''}${text}\n`);
  }

  private bar(last: boolean): void {
    if (!this.screen.isTTY) return;
    const filled = Math.round((this.done / environmentSteps.length) * width);
    const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
    this.screen.write(`\r\u001B[K  ${bar} ${this.current ?? ''} ${this.detail}${last ? '\n' : ''}`);
  }
}
