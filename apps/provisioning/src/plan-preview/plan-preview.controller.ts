import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '#libs/auth/src/access.js';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import { environmentDecider } from '../domain/environment.decider.js';
import { KubernetesApiError, KubernetesUnreachable } from '../kubernetes/errors.js';
import { explainError } from '../kubernetes/failure-reason.js';
import { provisioningProblem } from '../provisioning.problems.js';
import { given, insistOnSold } from '../sold-terms.js';
import { PlanPreview, type Preview } from './plan-preview.js';
import { PlanPreviewView, PreviewPlanDto } from './plan-preview.dto.js';

const patienceMs = 30_000;

@ApiTags('Environments')
@Controller('environments')
export class PlanPreviewController {
  constructor(
    private readonly aggregates: Aggregates,
    private readonly preview: PlanPreview,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
  ) {}

  @Post(':id/plan')
  @HttpCode(200)
  @RequirePermission('environments:operate')
  @ApiOperation({
    summary: 'Show what a change would do',
    description:
      'Plans the environment with its terms, or with others, and tells which objects would come, change and go, field ' +
      "by field, what a month would cost, and what can't be done in place. The cluster is asked by a dry run; nothing " +
      'is changed.',
  })
  @ApiBody({ type: PreviewPlanDto, required: false })
  @ApiOkResponse({ type: PlanPreviewView })
  async plan(@Param() { id }: IdParams, @Body() body: PreviewPlanDto = {}): Promise<Preview> {
    const state = await this.aggregates.load(environmentDecider, id);
    if (state.status === 'none') throw provisioningProblem('environment_not_found');
    if (state.status === 'deleted' || state.status === 'cancelled') {
      throw provisioningProblem(
        'plan_not_possible',
        `The environment is ${state.status}; nothing of it is left to plan.`,
      );
    }
    const changes = given(body);
    insistOnSold(this.catalogue, state.identity.terms, changes);
    try {
      return await this.preview.of(state, { ...state.identity.terms, ...changes }, AbortSignal.timeout(patienceMs));
    } catch (error) {
      if (error instanceof StepFailed) throw provisioningProblem('plan_not_possible', words(error.failure));
      if (error instanceof KubernetesApiError || error instanceof KubernetesUnreachable) {
        throw provisioningProblem('cluster_unavailable', words(explainError(error, 'Cluster')));
      }
      throw error;
    }
  }
}

function words({ reason, whatToDo }: { readonly reason: string; readonly whatToDo: string }): string {
  return `${reason}. ${whatToDo}`;
}
