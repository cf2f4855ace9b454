import { badRequest, coreError, count, section } from '../contract-table.mjs';

const list = (title, query, answer, extra = {}) => ({
  title,
  request: `GET /rest/people?${query}`,
  status: 200,
  answer,
  ...extra,
});
const refused = (title, query, answer) => ({
  title,
  request: `GET /rest/people?${query}`,
  status: 400,
  answer,
});
const id = (digit) => `0000000${digit}-0000-4000-8000-000000000000`;
const cursor = (value) => Buffer.from(JSON.stringify(value)).toString('base64');
const shown = (...digits) => ({ data: { people: digits.map((digit) => ({ id: id(digit) })) } });

/** Section 7: pages and orders. */
export const lists = [
  section('lists', [
    {
      title: 'five people',
      request: 'POST /rest/batch/people',
      body: [1, 2, 3, 4, 5].map((n) => ({
        id: id(n),
        name: { firstName: 'P', lastName: `L${6 - n}` },
        ...(n < 3 && { totalSubmissions: n }),
      })),
      status: 201,
    },
    list('lists are ordered by id', 'limit=2', {
      ...shown(1, 2),
      totalCount: 5,
      pageInfo: { hasNextPage: true, hasPreviousPage: false, endCursor: cursor({ id: id(2) }) },
    }),
    list('the next page', `limit=2&starting_after=${cursor({ id: id(2) })}`, {
      ...shown(3, 4),
      totalCount: 5,
      pageInfo: { hasNextPage: true, hasPreviousPage: false },
    }),
    list('the last page', `limit=2&starting_after=${cursor({ id: id(4) })}`, {
      ...shown(5),
      pageInfo: { hasNextPage: false, hasPreviousPage: false },
    }),
    list(
      'backwards the rows keep their order and the cursors are swapped',
      `limit=2&ending_before=${cursor({ id: id(4) })}`,
      {
        ...shown(2, 3),
        pageInfo: {
          hasNextPage: false,
          hasPreviousPage: true,
          startCursor: cursor({ id: id(3) }),
          endCursor: cursor({ id: id(2) }),
        },
      },
    ),
    list('limit 0 counts', 'limit=0', {
      data: { people: [] },
      totalCount: 5,
      pageInfo: { startCursor: null, endCursor: null, hasNextPage: true },
    }),
    list('unknown parameters are ignored', 'page=7', { data: { people: count(5) } }),
    list('an order', 'order_by=name.lastName', shown(5, 4, 3, 2, 1)),
    list('an order with a direction', 'order_by=name.lastName[DescNullsLast]&limit=1', shown(1)),
    list(
      'ties are broken by the id',
      'order_by=name.firstName[DescNullsLast]&limit=2',
      shown(1, 2),
    ),
    list('nulls first is the default', 'order_by=totalSubmissions', shown(3, 4, 5, 1, 2)),
    list('nulls last', 'order_by=totalSubmissions[DescNullsLast]&limit=2', shown(2, 1), {
      save: { nullable: 'pageInfo.endCursor' },
    }),
    list(
      'paging by a nullable field loses the rows that have none',
      'order_by=totalSubmissions[DescNullsLast]&limit=2&starting_after={nullable}',
      { data: { people: [] }, pageInfo: { hasNextPage: false } },
    ),
    list(
      'a cursor of another order is accepted',
      `limit=1&order_by=createdAt&starting_after=${cursor({ id: id(2) })}`,
      shown(3),
    ),
    refused(
      'both cursors',
      'starting_after=e30=&ending_before=e30=',
      badRequest('Cannot provide both before and after'),
    ),
    refused('a cursor that is none', 'starting_after=here', badRequest('Invalid cursor: here')),
    refused('an id as a cursor', `ending_before=${id(1)}`, badRequest(`Invalid cursor: ${id(1)}`)),
    refused(
      'a limit that is none',
      'limit=ten',
      badRequest("limit 'ten' is invalid. Should be an integer"),
    ),
    refused(
      'a negative limit',
      'limit=-5',
      badRequest("limit '-5' is invalid. Should be an integer"),
    ),
    refused(
      'a direction that is none',
      'order_by=createdAt[down]',
      badRequest(/^'order_by' direction 'down' invalid\. Allowed values are 'AscNullsFirst'/),
    ),
    refused(
      'an order by a field that is none',
      'order_by=age',
      coreError(400, 'Error', 'Field "age" does not exist or is not sortable', 'FIELD_NOT_FOUND'),
    ),
    {
      title: 'groups are a bare list',
      request: `GET /rest/people/groupBy?group_by=${encodeURIComponent('[{"jobTitle":true}]')}`,
      status: 200,
      answer: (body) => Array.isArray(body) && 'groupByDimensionValues' in body[0],
    },
    {
      title: 'a batch that is read is a list',
      request: 'GET /rest/batch/people?limit=1',
      status: 200,
      answer: shown(1),
    },
    {
      title: 'duplicates that are read are a list',
      request: 'GET /rest/people/duplicates?limit=1',
      status: 200,
      answer: shown(1),
    },
    {
      title: 'duplicates of a name',
      request: 'POST /rest/people/duplicates',
      body: { data: [{ name: { firstName: 'P', lastName: 'L1' } }, { jobTitle: 'none' }] },
      status: 200,
      answer: { data: [{ personDuplicates: [{ id: id(5) }], totalCount: 1 }, { totalCount: 0 }] },
    },
    {
      title: 'duplicates of an unknown record',
      request: 'POST /rest/people/duplicates',
      body: { ids: [id(9)] },
      status: 200,
      answer: { data: [] },
    },
    {
      title: 'duplicates of nothing',
      request: 'POST /rest/people/duplicates',
      body: {},
      status: 400,
      answer: badRequest('You have to provide either "data" or "ids" argument'),
    },
    {
      title: 'more than 200 rows',
      before: (sim) =>
        sim.seed({ companies: Array.from({ length: 260 }, (_, n) => ({ name: `C${n}` })) }),
      request: 'GET /rest/companies?limit=5000',
      status: 200,
      answer: { data: { companies: count(200) }, totalCount: 260 },
    },
    {
      title: 'the default limit is 60',
      request: 'GET /rest/companies',
      status: 200,
      answer: { data: { companies: count(60) }, pageInfo: { hasNextPage: true } },
    },
  ]),
];
