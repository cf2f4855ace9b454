import { badRequest, coreError, count, duplicate, section } from '../contract-table.mjs';

const rows = (prefix, length) =>
  Array.from({ length }, (_, n) => ({ externalId: `${prefix}-${n}`, jobTitle: prefix }));

/** Section 6: batches and bulk writes. */
export const batch = [
  section('batches', [
    {
      title: 'a batch answers in the order of the request',
      request: 'POST /rest/batch/people',
      body: [{ externalId: 'a' }, { externalId: 'b' }],
      status: 201,
      answer: { data: { createPeople: [{ externalId: 'a' }, { externalId: 'b' }] } },
    },
    {
      title: 'an empty batch',
      request: 'POST /rest/batch/people',
      body: [],
      status: 201,
      answer: { data: { createPeople: [] } },
    },
    {
      title: 'an object is no batch',
      request: 'POST /rest/batch/people',
      body: { externalId: 'c' },
      status: 400,
      answer: coreError(400, 'TypeError', 'args.data.forEach is not a function'),
    },
    {
      title: 'an upsert batch answers updates first',
      request: 'POST /rest/batch/people?upsert=true',
      body: [{ externalId: 'c' }, { externalId: 'b' }, { externalId: 'd' }, { externalId: 'a' }],
      status: 201,
      answer: (body) => {
        const keys = body.data.createPeople.map((row) => row.externalId).join('');
        return ['bacd', 'abcd'].includes(keys);
      },
    },
    {
      title: 'one duplicate refuses the whole batch',
      request: 'POST /rest/batch/people',
      body: [{ externalId: 'e' }, { externalId: 'a' }],
      status: 400,
      answer: duplicate,
    },
    {
      title: 'nothing of a refused batch is left',
      request: 'GET /rest/people?filter=externalId[eq]:e',
      status: 200,
      answer: { data: { people: [] }, totalCount: 0 },
    },
    {
      title: 'one bad row refuses the whole batch, without its index',
      request: 'POST /rest/batch/people?upsert=true',
      body: [{ externalId: 'e' }, { jobTitle: 5 }],
      status: 400,
      answer: badRequest('Invalid string value 5 for text field "jobTitle"'),
    },
    {
      title: 'a known key twice is one row, the last wins',
      request: 'POST /rest/batch/people?upsert=true',
      body: [
        { externalId: 'a', jobTitle: 'first' },
        { externalId: 'a', jobTitle: 'last' },
      ],
      status: 201,
      answer: { data: { createPeople: [{ externalId: 'a', jobTitle: 'last' }] } },
    },
    {
      title: 'a new key twice is a duplicate',
      request: 'POST /rest/batch/people?upsert=true',
      body: [{ externalId: 'f' }, { externalId: 'f' }],
      status: 400,
      answer: duplicate,
    },
    {
      title: 'rows may have different fields',
      request: 'POST /rest/batch/people?upsert=true',
      body: [
        { externalId: 'a', city: 'Rome' },
        { externalId: 'b', totalSubmissions: 4 },
      ],
      status: 201,
      answer: {
        data: {
          createPeople: [
            { city: 'Rome', jobTitle: 'last' },
            { totalSubmissions: 4, city: '' },
          ],
        },
      },
    },
    {
      title: '200 rows fit',
      request: 'POST /rest/batch/people',
      body: rows('big', 200),
      status: 201,
      answer: { data: { createPeople: count(200) } },
    },
    {
      title: '201 rows do not',
      request: 'POST /rest/batch/people',
      body: rows('more', 201),
      status: 400,
      answer: badRequest('Maximum number of records to upsert is 200.'),
    },
    {
      title: 'a bulk change by filter',
      request: 'PATCH /rest/people?filter=externalId[in]:[a,b]',
      body: { jobTitle: 'bulk' },
      status: 200,
      answer: { data: { updatePeople: [{ jobTitle: 'bulk' }, { jobTitle: 'bulk' }] } },
    },
    {
      title: 'a bulk change that matches nothing',
      request: 'PATCH /rest/people?filter=externalId[eq]:none',
      body: { jobTitle: 'bulk' },
      status: 200,
      answer: { data: { updatePeople: [] } },
    },
    {
      title: 'a bulk change of more than 200 rows is refused',
      request: 'PATCH /rest/people',
      body: { jobTitle: 'all' },
      status: 400,
      answer: coreError(
        400,
        'Error',
        'Cannot update more than 200 records at once',
        'TOO_MANY_RECORDS_TO_UPDATE',
      ),
    },
    {
      title: 'a bulk deletion needs a filter',
      request: 'DELETE /rest/people?soft_delete=true',
      status: 400,
      answer: badRequest(/^Filters are mandatory for bulk delete operations/),
    },
    {
      title: 'a bulk destruction needs a filter that is understood',
      request: 'DELETE /rest/people?filter[jobTitle][eq]=big',
      status: 400,
      answer: badRequest(/^Filters are mandatory for bulk destroy operations/),
    },
    {
      title: 'a soft bulk deletion has no limit',
      request: 'DELETE /rest/people?filter=jobTitle[eq]:big&soft_delete=true',
      status: 200,
      answer: { data: { deletePeople: count(200) } },
    },
    {
      title: 'a bulk destruction takes soft-deleted rows too, and shows ids alone',
      request: 'DELETE /rest/people?filter=jobTitle[eq]:big',
      status: 200,
      answer: ({ data }) =>
        data.deletePeople.length === 200 && data.deletePeople.every((r) => r.id && !r.createdAt),
    },
    {
      title: 'without a filter a bulk change takes every row',
      request: 'PATCH /rest/people',
      body: { jobTitle: 'all' },
      status: 200,
      answer: { data: { updatePeople: count(4) } },
    },
    {
      title: 'a filter that is not understood takes every row as well',
      request: 'PATCH /rest/people?filter[externalId][eq]=a',
      body: { jobTitle: 'every' },
      status: 200,
      answer: { data: { updatePeople: count(4) } },
    },
  ]),
];
