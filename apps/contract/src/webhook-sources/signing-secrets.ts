import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { LiveEvents } from '#libs/event-sourcing/src/live-events.js';
import { LogTail } from '#libs/event-sourcing/src/log-tail.js';
import { webhookSourceEvents, type WebhookSourceEvent } from '#libs/events/src/contract.js';
import { webhookSourceDecider } from '../domain/webhook-source.decider.js';
import { WebhookCredentials } from '#libs/webhooks/src/webhook-credentials.js';

/** Should the log's end go silent without a word, memory is not trusted for longer. */
const trustedMs = 5_000;

/**
 * The secrets that webhooks may be signed with. They stay in memory until the log tells that their source changed;
 * while the log can't be followed, each webhook reads them anew.
 */
@Injectable()
export class SigningSecrets implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Webhooks');
  private readonly known = new Map<string, { readonly secrets: Promise<readonly string[]>; readonly until: number }>();
  private readonly stopping = new AbortController();
  private following = false;

  constructor(
    private readonly aggregates: Aggregates,
    private readonly credentials: WebhookCredentials,
    private readonly live: LiveEvents,
    private readonly tail: LogTail,
  ) {}

  onApplicationBootstrap(): void {
    void this.live.follow(
      {
        wants: (type) => Object.hasOwn(webhookSourceEvents, type),
        begins: () => {
          this.following = true;
        },
        hears: ({ data }) => this.forget((data as WebhookSourceEvent['data']).sourceId),
        ends: (err) => {
          this.following = false;
          this.known.clear();
          if (err) this.logger.debug({ err }, 'Changes of webhook sources can not be followed just now');
        },
      },
      this.stopping.signal,
    );
  }

  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  /** None for a source that nobody registered. @throws EventStoreUnavailable */
  async of(sourceId: string): Promise<readonly string[]> {
    const trusted = this.following && this.tail.trouble === undefined;
    const known = trusted ? this.known.get(sourceId) : undefined;
    if (known && known.until > performance.now()) return known.secrets;
    const reading = { secrets: this.read(sourceId), until: performance.now() + trustedMs };
    // Noted before it is read: a change that comes meanwhile takes it away again.
    if (trusted) this.known.set(sourceId, reading);
    const drop = (): void => {
      if (this.known.get(sourceId) === reading) this.known.delete(sourceId);
    };
    try {
      const secrets = await reading.secrets;
      // Whoever makes ids up fills no memory.
      if (secrets.length === 0) drop();
      return secrets;
    } catch (error) {
      drop();
      throw error;
    }
  }

  /** The source was changed by this process, which need not wait for the log to tell so. */
  forget(sourceId: string): void {
    this.known.delete(sourceId);
  }

  private async read(sourceId: string): Promise<readonly string[]> {
    const source = await this.aggregates.load(webhookSourceDecider, sourceId);
    if (source.status === 'none') return [];
    const secrets = await this.credentials.open(source.active.map(({ credentialId }) => credentialId));
    if (secrets.length < source.active.length) {
      this.logger.error({ sourceId }, 'A signing secret is missing from the credential table. Rotate it.');
    }
    return secrets;
  }
}
