import gossip from '@eventstore/db-client/generated/gossip_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import { uuidToBytes } from './uuid.js';

const ticksPerMs = 10_000n;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** The one node there is, as a cluster of one tells it. */
export class Gossip {
  readonly instanceId = randomUUID();

  constructor(readonly bound: Endpoint) {}

  /**
   * Where the caller finds this node: where it has just found it. So it works behind a forwarded port, and when the
   * node listens on every address.
   * @param authority as the caller wrote it, like `localhost:2113`
   */
  endpointFor(authority: string | undefined): Endpoint {
    const found = /^(?<address>\[[^\]]+\]|[^:]+):(?<port>\d{1,5})$/.exec(authority ?? '')?.groups;
    return found === undefined ? this.bound : { address: found['address']!, port: Number(found['port']) };
  }

  readonly read = (
    call: ServerUnaryCall<shared.Empty, gossip.ClusterInfo>,
    answer: sendUnaryData<gossip.ClusterInfo>,
  ): void => {
    const { address, port } = this.endpointFor(call.getHost());
    const id = uuidToBytes(this.instanceId);
    const structured = new shared.UUID.Structured()
      .setMostSignificantBits(String(id.readBigInt64BE(0)))
      .setLeastSignificantBits(String(id.readBigInt64BE(8)));
    const member = new gossip.MemberInfo()
      .setInstanceId(new shared.UUID().setStructured(structured))
      .setTimeStamp(String(BigInt(Date.now()) * ticksPerMs))
      .setState(gossip.MemberInfo.VNodeState.LEADER)
      .setIsAlive(true)
      .setHttpEndPoint(new gossip.EndPoint().setAddress(address).setPort(port));
    answer(null, new gossip.ClusterInfo().setMembersList([member]));
  };
}
