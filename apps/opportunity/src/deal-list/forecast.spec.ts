import { expect, it } from 'vitest';
import { summedUp } from './forecast.js';

it('the forecast is rounded once, after everything is summed up, and leaves lost deals out', () => {
  const forecast = summedUp([
    { stage: 'LEAD', deals: '3', amount: '15', weighted: '150' },
    { stage: 'PROPOSAL', deals: '1', amount: '7', weighted: '350' },
    { stage: 'WON', deals: '1', amount: '10', weighted: '1000' },
    { stage: 'LOST', deals: '1', amount: '1000', weighted: '0' },
  ]);
  expect(forecast).toEqual({
    stages: [
      { stage: 'LEAD', deals: 3, amount: 15, weightedAmount: 1 },
      { stage: 'QUALIFIED', deals: 0, amount: 0, weightedAmount: 0 },
      { stage: 'PROPOSAL', deals: 1, amount: 7, weightedAmount: 3 },
      { stage: 'NEGOTIATION', deals: 0, amount: 0, weightedAmount: 0 },
      { stage: 'WON', deals: 1, amount: 10, weightedAmount: 10 },
    ],
    open: { deals: 4, amount: 22, weightedAmount: 5 },
    total: { deals: 5, amount: 32, weightedAmount: 15 },
  });
});
