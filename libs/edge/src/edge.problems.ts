import { problemFactory, type ProblemTable } from '#libs/http/src/problem.js';

type EdgeProblemCode = 'rate_limited';

const edgeProblems: ProblemTable<EdgeProblemCode> = {
  rate_limited: { status: 429, title: 'Too many requests' },
};

export const edgeProblem = problemFactory(edgeProblems);
