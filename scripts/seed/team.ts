/** The people who look after the customers of the data set. */
import { CreateUser } from '#apps/identity/src/domain/user.decider.js';
import type { Actor } from '#libs/event-sourcing/src/event.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { type Role, roles } from '#libs/events/src/identity.js';
import type { Random } from '../faults/random.js';
import { contextOf, type SeedOptions, seeder } from './context.js';
import { familyNames, givenNames } from './names.js';
import { pick, randomOf } from './people.js';

export interface Team {
  readonly sales: readonly Actor[];
  readonly managers: readonly Actor[];
  readonly commands: readonly CreateUser[];
}

const customersOfOne = 500;
const salesOfOneManager = 12;

/** A user for some hundred customers each, their managers, and two who watch over compliance. */
export function teamOf({ seed, customers, until }: SeedOptions): Team {
  const commands: CreateUser[] = [];
  const hired = new Date(Date.parse(`${until}T00:00:00Z`) - 6 * 365 * 86_400_000).toISOString();
  const hire = (role: Role, count: number): Actor[] =>
    Array.from({ length: count }, (_, index) => {
      const number = index * roles.length + roles.indexOf(role);
      const random = randomOf(seed, 3, number);
      const [family, given] = [pick(random, familyNames), pick(random, givenNames)];
      const context = contextOf(seed, seeder, hired, 'user', number);
      const id = stableId('user', context.commandId);
      const email = `${given[2]}.${family[2]}.s${seed}-${number}@keiyaku.example`;
      const credential = { id: stableId('credential', id), version: 1 };
      commands.push(new CreateUser(id, { name: `${family[0]} ${given[0]}`, email, role, credential }, context));
      return { id, role, ip: `10.20.${Math.floor(number / 200) % 200}.${1 + (number % 200)}` };
    });
  const count = Math.max(3, Math.ceil(customers / customersOfOne));
  const sales = hire('SALES', count);
  const managers = hire('MANAGER', Math.max(2, Math.ceil(count / salesOfOneManager)));
  hire('COMPLIANCE', 2);
  return { sales, managers, commands };
}

/** Some look after many more customers than others. */
export function salesPersonFor(random: Random, { sales }: Team): Actor {
  return sales[Math.floor(random() ** 1.6 * sales.length)]!;
}
