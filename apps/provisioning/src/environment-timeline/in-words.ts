import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { ContractTerms } from '#libs/events/src/contract.js';
import type { EnvironmentEvent, EnvironmentEvents, FailureClass } from '#libs/events/src/provisioning.js';

/** What happened, as one would tell it. */
export function inWords(event: EnvironmentEvent): string {
  switch (event.type) {
    case 'environment.requested': {
      const { company, terms, url } = event.data;
      return `${company.name} is owed an environment at ${url} (plan ${terms.plan}, region ${terms.region}).`;
    }
    case 'environment.step_started': {
      const { step, number } = event.data;
      return number === 1 ? `The step ${step} began.` : `The step ${step} began again (try ${number}).`;
    }
    case 'environment.planned':
      return `${event.data.objects.length} objects were planned.`;
    case 'environment.infrastructure_requested':
      return `The cluster ${event.data.cluster} has to be built or changed by Terraform first.`;
    case 'environment.infrastructure_ready':
      return `The environment's own cluster stands at ${event.data.endpoint}.`;
    case 'environment.validated':
      return `All ${event.data.objects} planned objects passed the offline checks.`;
    case 'environment.dry_run_passed': {
      const { objects, warnings } = event.data;
      const heard = warnings.length === 0 ? '' : ` It warned: ${warnings.join('; ')}.`;
      return `The cluster would accept all ${objects} objects.${heard}`;
    }
    case 'environment.applied': {
      const { objects } = event.data;
      const count = (outcome: string): number => objects.filter((object) => object.outcome === outcome).length;
      const { pruned = [] } = event.data;
      const gone = pruned.length === 0 ? '' : `, ${pruned.length} deleted`;
      const created = `${count('created')} created, ${count('configured')} changed, ${count('unchanged')} unchanged${gone}`;
      return `${objects.length} objects stand in the cluster (${created}).`;
    }
    case 'environment.progressed': {
      const { ready, total, pending } = event.data;
      return `${ready} of ${total} are ready.${pending.length === 0 ? '' : ` Waiting for ${pending.join('; ')}.`}`;
    }
    case 'environment.available':
      return `Everything is up.`;
    case 'environment.smoke_passed':
      return `The environment answered (${event.data.checked}: ${event.data.status}).`;
    case 'environment.ready':
      return `The environment is ready at ${event.data.url}.`;
    case 'environment.needs_attention':
      return [failed(event.data), ...(event.data.tried ?? []), event.data.whatToDo].join(' ');
    case 'environment.step_failed':
      return `${failed(event.data)} It is tried again at ${event.data.retryAt}.`;
    case 'environment.hindered':
      return `The step ${event.data.step} is held up at ${event.data.object ?? 'the cluster'}: ${event.data.reason}.`;
    case 'environment.version_replaced':
      return `${failed(event.data)} The version ${event.data.to} is tried in place of ${event.data.from}.`;
    case 'environment.rechecked':
      return `There is still no room: ${event.data.reason}. It is looked again at ${event.data.recheckAt}.`;
    case 'environment.resumed':
      return `There is room again; the step ${event.data.step} goes on.`;
    case 'environment.delayed':
      return `The customer has to wait longer because of ${classInWords[event.data.cause]}, and is told so.`;
    case 'environment.failed':
      return `The customer is told of ${classInWords[event.data.cause]}.`;
    case 'environment.retry_requested': {
      const { from = 'plan', note } = event.data;
      return `Somebody asked for another try from the step ${from}${noted(note)}.`;
    }
    case 'environment.placed':
      return `The environment stands on the cluster ${event.data.clusterId}.`;
    case 'environment.postponed':
      return `The cluster ${event.data.clusterId} does not answer. The step ${event.data.step} waits until it does.`;
    case 'environment.resolved':
      return `Somebody brought the environment up by hand after ${event.data.step} had failed: ${event.data.note}.`;
    case 'environment.settings_corrected':
      return `Somebody corrected the settings to ${inTerms(event.data.terms)}${noted(event.data.note)}.`;
    case 'environment.version_chosen':
      return `Somebody chose the version ${event.data.image}${noted(event.data.note)}.`;
    case 'environment.amendment_requested':
      return `The contract was amended: ${inTerms(event.data.terms)}.`;
    case 'environment.suspension_requested':
      return `The contract was suspended${noted(event.data.reason)}. The environment is to stop.`;
    case 'environment.resumption_requested':
      return `The contract goes on${noted(event.data.reason)}. The environment is to run again.`;
    case 'environment.termination_requested': {
      const { reason, promised } = event.data;
      const exported = promised.export ? 'The data is exported and' : 'The data is';
      return `The contract ended${noted(reason)}. ${exported} kept for ${promised.retentionDays} days.`;
    }
    case 'environment.cancellation_requested':
      return `The environment is not wanted any more${noted(event.data.reason)}. What stands of it is deleted.`;
    case 'environment.attempt_stopped':
      return `The work on what was wanted before has stopped.`;
    case 'environment.approval_requested': {
      const { changes, why } = event.data;
      const counts = `${changes.create.length} created, ${changes.change.length} changed, ${changes.delete.length} deleted`;
      return `The change waits for an approval (${counts}): ${why.join('; ')}.`;
    }
    case 'environment.change_approved':
      return `Somebody approved the change${noted(event.data.note)}.`;
    case 'environment.change_rejected':
      return `Somebody rejected the change: ${event.data.note}. It stays at ${inTerms(event.data.terms)}.`;
    case 'environment.amended':
      return `The environment runs under its new terms: ${inTerms(event.data.terms)}.`;
    case 'environment.suspended':
      return `The environment has stopped; its data is kept.`;
    case 'environment.restored':
      return `The environment is back at ${event.data.url}.`;
    case 'environment.exported':
      return `The data was exported to ${event.data.location}.`;
    case 'environment.retained':
      return `Nothing runs any more. The data is kept until ${event.data.deleteAt}.`;
    case 'environment.deleted': {
      const { objects, why } = event.data;
      const gone = objects.length === 0 ? 'Nothing stood any more' : `${objects.length} objects were deleted`;
      return `${gone}; the environment is ${why === 'cancelled' ? 'cancelled' : 'deleted'}.`;
    }
    case 'environment.drift_found': {
      const { objects, correct } = event.data;
      const drifted = objects.map(({ kind, name, what, fields }) => {
        const which = fields.map(
          ({ field, found = 'nothing', planned = 'nothing' }) => `${field} is ${found}, not ${planned}`,
        );
        return what === 'missing' ? `${kind} ${name} is missing` : `${kind} ${name}: ${which.join(', ')}`;
      });
      return `The cluster was changed by hand. ${drifted.join('; ')}.${correct ? ' The plan is applied again.' : ''}`;
    }
    case 'environment.drift_corrected':
      return `What was changed by hand is as planned again${event.data.by === 'somebody' ? '; somebody undid it' : ''}.`;
    case 'environment.credential_link_issued':
      return `A one-time link to the initial password was made; it is valid until ${event.data.expiresAt}.`;
    case 'environment.credential_redeemed':
      return `The initial password was seen through its one-time link.`;
    default:
      return unreachable(event);
  }
}

const classInWords: Readonly<Record<FailureClass, string>> = {
  transient: 'something that should pass by itself',
  configuration: 'a configuration error',
  resource_shortage: 'a shortage of resources',
  application: 'a fault of the application',
};

function failed(
  failure: Pick<EnvironmentEvents['environment.needs_attention'], 'step' | 'class' | 'object' | 'reason'>,
) {
  const place = failure.object === undefined ? '' : ` at ${failure.object}`;
  return `The step ${failure.step} failed${place} (${classInWords[failure.class]}): ${failure.reason}.`;
}

function inTerms({ plan, region, storageQuota, userLimit }: ContractTerms): string {
  return `plan ${plan}, region ${region}, ${storageQuota}, ${userLimit} users`;
}

function noted(note: string | undefined): string {
  return note === undefined ? '' : `: ${note}`;
}
