import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import gossip from '@eventstore/db-client/generated/gossip_pb.js';
import monitoringGrpc from '@eventstore/db-client/generated/monitoring_grpc_pb.js';
import monitoring from '@eventstore/db-client/generated/monitoring_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import { credentials } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { collect, connect, describeOurs, newEvents, newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();
const hostOf = (): string => new URL(server.url).host;

async function gossipOf(address: string): Promise<gossip.ClusterInfo> {
  const client = new gossipGrpc.GossipClient(address, credentials.createInsecure());
  try {
    return await new Promise((resolve, reject) => {
      client.read(new shared.Empty(), (error, info) => (error === null ? resolve(info) : reject(error)));
    });
  } finally {
    client.close();
  }
}

it('gossips of itself as the leader of a cluster of one', async () => {
  const [member, ...others] = (await gossipOf(hostOf())).getMembersList();
  expect(others).toEqual([]);
  expect(member!.getState()).toBe(gossip.MemberInfo.VNodeState.LEADER);
  expect(member!.getIsAlive()).toBe(true);
  expect(member!.getInstanceId()!.hasStructured()).toBe(true);
  // Ticks of 100 ns since 1970.
  expect(Math.abs(Number(BigInt(member!.getTimeStamp()) / 10_000n) - Date.now())).toBeLessThan(60_000);
  expect(member!.getHttpEndPoint()!.getPort()).toBe(Number(new URL(server.url).port));
});

it.each([
  { form: 'discovery', url: () => `esdb+discover://${hostOf()}?tls=false` },
  { form: 'several seeds, one of which nobody answers for', url: () => `esdb://${hostOf()},127.0.0.1:1?tls=false` },
])('is found by $form', async ({ url }) => {
  const client = connect(url());
  const stream = newStream();
  await client.appendToStream(stream, newEvents(2));
  expect(await collect(client.readStream(stream))).toHaveLength(2);
  await client.dispose();
});

describeOurs('a node of ours', () => {
  it('gossips the address under which the caller has found it', async () => {
    const { port } = new URL(server.url);
    const [member] = (await gossipOf(`localhost:${port}`)).getMembersList();
    expect(member!.getHttpEndPoint()!.toObject()).toEqual({ address: 'localhost', port: Number(port) });
  });
});

it('sends its statistics once per period, for as long as somebody listens', async () => {
  const client = new monitoringGrpc.MonitoringClient(hostOf(), credentials.createInsecure());
  const received: monitoring.StatsResp[] = [];
  const call = client.stats(new monitoring.StatsReq().setRefreshTimePeriodInMs('100'));
  call.on('data', (stats: monitoring.StatsResp) => received.push(stats)).on('error', () => undefined);
  await eventually(() => expect(received.length).toBeGreaterThan(1));
  call.cancel();
  client.close();
  const names = [...received[0]!.getStatsMap().keys()];
  for (const prefix of ['proc-', 'sys-', 'es-queue-', 'es-checksum']) {
    expect(names.some((name) => name.startsWith(prefix))).toBe(true);
  }
});
