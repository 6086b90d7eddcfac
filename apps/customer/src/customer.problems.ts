import { problemFactory, type ProblemTable } from '#libs/http/src/problem.js';
import type { CustomerRefusal } from './domain/customer.js';

type CustomerProblemCode =
  | CustomerRefusal
  | 'sales_person_unknown'
  | 'not_a_sales_person'
  | 'customer_looks_like_another'
  | 'import_not_found'
  | 'import_unreadable'
  | 'import_columns_unknown'
  | 'import_too_large';

export const customerProblems: ProblemTable<CustomerProblemCode> = {
  customer_not_found: {
    status: 404,
    title: 'No such customer',
    whatToDo: 'No customer has this id. GET /api/customers lists them.',
  },
  customer_exists: { status: 409, title: 'Customer exists' },
  customer_is_deleted: { status: 409, title: 'Customer is deleted' },
  customer_is_erased: { status: 410, title: 'Customer was erased' },
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
  import_not_found: {
    status: 404,
    title: 'No such import',
    whatToDo: 'No import has this id. Take the id that POST /api/customers/imports answered.',
  },
  import_unreadable: { status: 400, title: 'File can not be read' },
  import_columns_unknown: { status: 400, title: 'Columns can not be told' },
  import_too_large: {
    status: 413,
    title: 'File too large',
    whatToDo: 'A file has at most 500,000 rows, 64 MiB, and 64 KiB in a row. Send it in several parts.',
  },
};

export const customerProblem = problemFactory(customerProblems);
