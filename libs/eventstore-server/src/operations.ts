import operations from '@eventstore/db-client/generated/operations_pb.js';
import type { ScavengeResp, StartScavengeReq, StopScavengeReq } from '@eventstore/db-client/generated/operations_pb.js';
import { status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { accessDenied, isOperator } from './access.js';
import type { Access } from './access.js';
import { CallError, scavengeMissing } from './errors.js';
import type { Scavenges } from './scavenges.js';

type Answer = sendUnaryData<ScavengeResp>;

/** Starting and stopping a scavenge; what else the service knows has no meaning on this server. */
export function operationsHandlers(scavenges: Scavenges, access: Access) {
  const { STARTED, INPROGRESS, STOPPED } = operations.ScavengeResp.ScavengeResult;
  return {
    startScavenge: (call: ServerUnaryCall<StartScavengeReq, ScavengeResp>, answer: Answer): void => {
      if (!isOperator(access.callerOf(call))) return answer(accessDenied());
      const { id, isNew } = scavenges.start();
      answer(null, response(id, isNew ? STARTED : INPROGRESS));
    },
    stopScavenge: (call: ServerUnaryCall<StopScavengeReq, ScavengeResp>, answer: Answer): void => {
      if (!isOperator(access.callerOf(call))) return answer(accessDenied());
      const id = call.request.getOptions()?.getScavengeId() ?? '';
      if (scavenges.stop(id)) answer(null, response(id, STOPPED));
      else answer(scavengeMissing(id));
    },
    shutdown: notOffered('Send the process SIGTERM to end it.'),
    mergeIndexes: notOffered('This server has no indexes to merge.'),
    resignNode: notOffered('This server is a single node.'),
    setNodePriority: notOffered('This server is a single node.'),
    restartPersistentSubscriptions: notOffered('This server has no persistent subscriptions.'),
  };
}

function response(id: string, result: ScavengeResp.ScavengeResult): ScavengeResp {
  return new operations.ScavengeResp().setScavengeId(id).setScavengeResult(result);
}

function notOffered(text: string) {
  const refusal = new CallError(status.UNIMPLEMENTED, text);
  return (_call: unknown, answer: (error: CallError) => void): void => answer(refusal);
}
