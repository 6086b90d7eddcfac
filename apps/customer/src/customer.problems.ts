import { problemFactory, type ProblemTable } from '#libs/http/src/problem.js';
import type { CustomerRefusal } from './domain/customer.js';

type CustomerProblemCode =
  CustomerRefusal | 'sales_person_unknown' | 'not_a_sales_person' | 'customer_looks_like_another';

export const customerProblems: ProblemTable<CustomerProblemCode> = {
  customer_not_found: {
    status: 404,
    title: 'No such customer',
    whatToDo: 'No customer has this id. GET /api/customers lists them.',
  },
  customer_exists: { status: 409, title: 'Customer exists' },
  customer_is_deleted: { status: 409, title: 'Customer is deleted' },
  customer_is_merged: { status: 409, title: 'Customer was merged' },
  customer_is_merging: { status: 409, title: 'Customer is being merged' },
  customer_is_assigned: { status: 409, title: 'Customer is assigned' },
  merge_with_itself: { status: 422, title: 'Two customers are needed' },
  sales_person_unknown: {
    status: 422,
    title: 'No such sales person',
    whatToDo: 'No user has this id, or they were deleted. GET /api/auth/users lists users.',
  },
  not_a_sales_person: {
    status: 422,
    title: 'Not a sales person',
    whatToDo: 'Only users with the role SALES, MANAGER or ADMIN look after customers. Name one of them.',
  },
  customer_looks_like_another: {
    status: 409,
    title: 'Customer looks like another',
    whatToDo:
      'The customers in "candidates" look like this one. Use one of them, or send the request again with ' +
      '?duplicates=allow when it is another.',
  },
};

export const customerProblem = problemFactory(customerProblems);
