import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import type { WebhookCredentials } from './webhook-credentials.js';

/** What the log says about the secrets of one holder, that is whoever sends or is sent webhooks. */
export interface HeldSecrets {
  readonly active: readonly { readonly credentialId: string; readonly version: number }[];
  readonly retired: readonly { readonly credentialId: string }[];
}

/** Gives the holders of one kind their secrets, and destroys what they no longer use. */
export class HolderSecrets {
  /** @param held goes by the log, which knows of what another request retired a moment ago; undefined: no such holder */
  constructor(
    private readonly credentials: WebhookCredentials,
    private readonly held: (id: string) => Promise<HeldSecrets | undefined>,
  ) {}

  /**
   * Makes a secret and carries out the command that names its credential. The credential's id comes from the command's
   * id: a repeated request finds the secret that it made. Undefined when that was retired since.
   */
  async issue(
    { commandId }: CommandContext,
    execute: (credentialId: string) => Promise<Committed>,
  ): Promise<{ readonly done: Committed; readonly version: number; readonly secret: string } | undefined> {
    const credentialId = stableId('webhook-credential', commandId);
    const secret = await this.credentials.issue(credentialId);
    const done = await execute(credentialId);
    const active = await this.destroyRetired(done.id);
    const version = active.find((candidate) => candidate.credentialId === credentialId)?.version;
    return secret === undefined || version === undefined ? undefined : { done, version, secret };
  }

  /** Answers the secrets that are left. */
  async destroyRetired(id: string): Promise<HeldSecrets['active']> {
    const held = await this.held(id);
    if (held === undefined) return [];
    await this.credentials.destroy(held.retired.map(({ credentialId }) => credentialId));
    return held.active;
  }
}
