/** What people ask a CRM, about customers of the data set. */
import type { SeedOptions } from '../../../scripts/seed/context.js';
import { recordOf } from '../../../scripts/seed/people.js';
import { teamOf } from '../../../scripts/seed/team.js';

const asked = 60;

/** Numbers of customers from all over the data set. */
export function someCustomers({ customers }: SeedOptions, count = asked): number[] {
  return Array.from({ length: count }, (_, index) => Math.floor(((index + 0.5) * customers) / count));
}

/** Whole names and readings, their beginnings, parts of mail addresses, and the last digits of telephones. */
export function searches(options: SeedOptions): string[] {
  return someCustomers(options).flatMap((number) => {
    const { name, nameKana, email, phone } = recordOf(options.seed, number);
    const family = name.split(/[\s　]/u)[0]!;
    return [
      name,
      family,
      name.slice(0, 1),
      name.slice(-2),
      ...(nameKana === null ? [] : [nameKana, nameKana.slice(0, 2), nameKana.split(' ').at(-1)!]),
      ...(email === null ? [] : [email, email.slice(0, 6), email.slice(2, 8)]),
      ...(phone === null ? [] : [phone, phone.slice(-4), `${family} ${phone.slice(-4)}`]),
    ];
  });
}

/** First pages in every order, with the filters that front ends have. */
export function lists(options: SeedOptions): string[] {
  const { sales } = teamOf(options);
  const someSales = [sales[0]!, sales[Math.floor(sales.length / 2)]!, sales.at(-1)!];
  return [
    '',
    '?sort=createdAt',
    '?sort=-updatedAt',
    '?sort=name',
    '?sort=reading&limit=200',
    '?sort=-reading',
    '?assigned=false',
    '?status=deleted',
    '?investmentProfile=aggressive&riskTolerance=high',
    '?investmentProfile=conservative&sort=reading',
    '?riskTolerance=low&sort=-updatedAt',
    ...someSales.flatMap(({ id }) => [`/by-sales/${id}`, `?assignedSalesId=${id}&sort=reading`]),
  ];
}
