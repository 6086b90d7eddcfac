import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from '../answer.js';
import type { Call, CrmContext, CrmPlace } from './crm-place.js';

/** A command that was carried out, as its caller knows it. */
export interface Sent {
  readonly call: Call;
  readonly correlationId: string;
  /** Types of the events that it stores, each once. */
  readonly effects: readonly string[];
  readonly answer: Answer;
}

const pauseMs = 50;

/** Sends commands as people and programs do who don't give up: each with its key until it is answered. */
export class CrmCommands {
  readonly sent: Sent[] = [];
  /** How many got no answer and were sent again. */
  unanswered = 0;
  /** How many found nobody who listened: they were not sent, so they say nothing of repeats. */
  unsent = 0;
  private readonly inWork = new Map<CrmContext, number>();

  constructor(
    private readonly place: CrmPlace,
    private readonly signal: AbortSignal,
  ) {}

  /** How many commands a context has in hand. */
  inHandOf(context: CrmContext): number {
    return this.inWork.get(context) ?? 0;
  }

  /** Everything that the CRM's people do with a customer; one after the other. */
  async story(): Promise<void> {
    const { administratorId } = this.place;
    const customerId = await this.create('customer', '/api/customers', someone(), ['customer.created']);
    const customer = `/api/customers/${customerId}`;
    await this.send('customer', 'PUT', customer, someone(), ['customer.updated']);
    const task = { title: '見積書を送る', customerId, userId: administratorId };
    const taskId = await this.create('sales-activity', '/api/tasks', task, ['task.created']);
    const wish = { subjectType: 'deal', title: '特別値引き', customerId };
    const steps = [{ rule: 'any_of', approvers: [administratorId] }];
    const approval = { ...wish, steps };
    const approvalId = await this.create('opportunity', '/api/approvals', approval, ['approval.requested'], true);
    await this.send('sales-activity', 'PATCH', `/api/tasks/${taskId}/status`, { status: 'COMPLETED' }, [
      'task.completed',
    ]);
    const decided = ['approval.approved', 'approval.step_decided'];
    await this.send('opportunity', 'PATCH', `/api/approvals/${approvalId}/approve`, {}, decided);
    const user = { email: `${randomUUID()}@example.jp`, name: '佐藤 花子', role: 'SALES' };
    const hired = ['reservation.made', 'user.created'];
    const salesId = await this.create('identity', '/api/auth/users', user, hired);
    await this.send('customer', 'POST', `${customer}/assign`, { salesId }, ['customer.assigned']);
    const mergedCustomerId = await this.create('customer', '/api/customers', someone(), ['customer.created']);
    await this.send('customer', 'POST', `${customer}/merge`, { mergedCustomerId }, ['customer.merge_requested']);
    await this.send('identity', 'DELETE', `/api/auth/users/${salesId}`, undefined, ['user.deleted']);
  }

  /** Sends everything once more, and tells what is answered in another way than the first time. */
  async repeatAll(): Promise<string[]> {
    const wrong: string[] = [];
    for (const { call, answer } of this.sent) {
      const { status, text } = await this.place.ask(call);
      if (status !== answer.status || text !== answer.text) {
        wrong.push(`${answer.what} was answered ${answer.status} ${answer.text}, and then ${status} ${text}`);
      }
    }
    return wrong;
  }

  private async create(
    context: CrmContext,
    path: string,
    body: object,
    effects: readonly string[],
    byMachine = false,
  ): Promise<string> {
    const { text } = await this.send(context, 'POST', path, body, effects, byMachine);
    return (JSON.parse(text) as { id: string }).id;
  }

  private async send(
    context: CrmContext,
    method: Call['method'],
    path: string,
    body: object | undefined,
    effects: readonly string[],
    byMachine = false,
  ): Promise<Answer> {
    const correlationId = randomUUID();
    const headers = { 'idempotency-key': randomUUID(), 'x-correlation-id': correlationId };
    const call: Call = { context, method, path, ...(body && { body }), byMachine, headers };
    for (;;) {
      const answer = await this.once(call);
      if (answer.status !== undefined && answer.status < 300) {
        this.sent.push({ call, correlationId, effects, answer });
        return answer;
      }
      this.signal.throwIfAborted();
      if (answer.status !== undefined && answer.status < 500) {
        throw new Error(`${answer.what} was refused: ${answer.status} ${answer.text}`);
      }
      if (answer.unsent) this.unsent += 1;
      else if (answer.status === undefined) this.unanswered += 1;
      await delay(pauseMs);
    }
  }

  private async once(call: Call): Promise<Answer> {
    this.inWork.set(call.context, this.inHandOf(call.context) + 1);
    try {
      return await this.place.ask(call);
    } finally {
      this.inWork.set(call.context, this.inHandOf(call.context) - 1);
    }
  }
}

/** Like nobody else, so that no duplicate is found. */
function someone(): object {
  const unlike = randomUUID();
  return { name: `客 ${unlike}`, email: `${unlike}@example.jp` };
}
