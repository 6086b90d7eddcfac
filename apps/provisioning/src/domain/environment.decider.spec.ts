import { describe, it } from 'vitest';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { given } from '#libs/testing/src/given.js';
import { abcEnvironment } from '../spec-environment.js';
import {
  environmentDecider,
  IssueCredentialLink,
  RedeemCredential,
  RequestEnvironment,
} from './environment.decider.js';
import { SuspendEnvironment } from './life-cycle.js';
import { RetryEnvironment } from './manual-handling.js';
import { context, later, ready, requested, running, start, suspended, terminationFrom } from '../spec-log.js';

const { environmentId, ...identity } = abcEnvironment;

describe('a request', () => {
  it('makes an environment', () => {
    given(environmentDecider)
      .when(new RequestEnvironment(environmentId, identity, context))
      .then(requested);
  });

  it('changes nothing when there is one', () => {
    given(environmentDecider, requested)
      .when(new RequestEnvironment(environmentId, identity, context))
      .thenNothing();
  });

  it.each([
    start('plan'),
    new RetryEnvironment(environmentId, {}, context),
    new SuspendEnvironment(environmentId, {}, context),
  ])('must come before $type', (command) => {
    given(environmentDecider).when(command).thenRefused('environment_not_found');
  });
});

describe('a credential link', () => {
  const issue = new IssueCredentialLink(environmentId, { linkId: 'l', expiresAt: later }, context);
  const issued: EnvironmentEvent = {
    type: 'environment.credential_link_issued',
    data: { environmentId, linkId: 'l', expiresAt: later },
  };
  const redeem = new RedeemCredential(environmentId, { linkId: 'l' }, context);
  const redeemed: EnvironmentEvent = {
    type: 'environment.credential_redeemed',
    data: { environmentId, linkId: 'l' },
  };
  const wish = (type: 'environment.suspension_requested' | 'environment.resumption_requested'): EnvironmentEvent => ({
    type,
    data: { environmentId },
  });

  it('is issued once the environment is ready', () => {
    given(environmentDecider, requested).when(issue).thenRefused('environment_not_ready');
    given(environmentDecider, requested, ready).when(issue).then(issued);
    given(environmentDecider, requested, ready, issued).when(issue).thenNothing();
  });

  it('is not issued while the environment is on its way out', () => {
    given(environmentDecider, ...running, terminationFrom('export'))
      .when(issue)
      .thenRefused('environment_not_ready');
  });

  it.each([
    ['is suspended', [wish('environment.suspension_requested'), suspended]],
    ['changes', [wish('environment.suspension_requested'), wish('environment.resumption_requested')]],
  ])('is issued while the environment %s', (_what, more) => {
    given(environmentDecider, ...running, ...more)
      .when(issue)
      .then(issued);
  });

  it('is redeemed once, if it was issued', () => {
    given(environmentDecider, requested, ready).when(redeem).thenRefused('credential_link_unknown');
    given(environmentDecider, requested, ready, issued).when(redeem).then(redeemed);
    given(environmentDecider, requested, ready, issued, redeemed).when(redeem).thenNothing();
  });
});
