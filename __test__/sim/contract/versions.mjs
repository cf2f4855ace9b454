import { absent, badRequest, count, exactly, frameworkError, section } from '../contract-table.mjs';

const ids = ['a', 'b', 'c', 'd'].map((letter) => `${letter}0000000-0000-4000-8000-000000000000`);
const people = { people: ids.map((id, n) => ({ id, externalId: `v${n}`, jobTitle: 'before' })) };
const cursor = (id) => Buffer.from(JSON.stringify({ id })).toString('base64');
const seeded = (row) => ({ ...row, before: (sim) => sim.seed(people) });

/** The differences between 2.21 and 2.31: the same requests, each with its answer. */
const differences = (isLater) => [
  seeded({
    title: 'a page behind a cursor says whether there is something before it',
    request: `GET /rest/people?limit=2&starting_after=${cursor(ids[0])}`,
    status: 200,
    headersToo: { vary: isLater ? 'Origin' : absent },
    answer: { pageInfo: { hasNextPage: true, hasPreviousPage: isLater } },
  }),
  {
    title: 'a page before a cursor has its own cursors in this order',
    request: `GET /rest/people?limit=2&ending_before=${cursor(ids[3])}`,
    status: 200,
    answer: {
      data: { people: [{ id: ids[1] }, { id: ids[2] }] },
      pageInfo: {
        hasNextPage: isLater,
        hasPreviousPage: true,
        startCursor: cursor(isLater ? ids[1] : ids[2]),
        endCursor: cursor(isLater ? ids[2] : ids[1]),
      },
    },
  },
  {
    title: 'a fraction is a page size',
    request: 'GET /rest/people?limit=1.5',
    status: 200,
    answer: { data: { people: count(isLater ? 1 : 2) } },
  },
  {
    title: 'ordering through a relation to one',
    request: 'GET /rest/people?order_by=company.name[DescNullsLast]',
    status: 200,
    answer: { totalCount: 4 },
  },
  isLater
    ? {
        title: 'ordering through a relation to many is refused',
        request: 'GET /rest/companies?order_by=people.jobTitle[AscNullsLast]',
        status: 400,
        answer: badRequest(
          'Cannot filter or order through people: only to-one relations are supported',
        ),
      }
    : {
        title: 'ordering through a relation to many is left out',
        request: 'GET /rest/companies?order_by=people.jobTitle[AscNullsLast]',
        status: 200,
      },
  {
    title: 'filtering through a relation to many is refused',
    request: 'GET /rest/companies?filter=people.jobTitle[eq]:x',
    status: 400,
    answer: badRequest('Cannot filter by relation field "people"'),
  },
  {
    title: 'a list of metadata',
    request: 'GET /rest/metadata/objects?limit=1',
    status: 200,
    answer: {
      pageInfo: { hasPreviousPage: isLater ? false : absent },
      data: { objects: [{ openRecordIn: isLater ? 'USER_CHOICE' : absent }] },
    },
  },
  {
    title: 'a cursor of metadata that is no id',
    request: 'GET /rest/metadata/objects?starting_after=garbage',
    status: isLater ? 400 : 500,
    answer: isLater ? frameworkError(400, 'Bad Request', 'Invalid cursor: garbage') : /uuid/,
  },
  {
    title: 'webhooks below metadata',
    request: 'GET /rest/metadata/webhooks',
    status: 200,
    answer: isLater
      ? exactly({
          data: [],
          pageInfo: {
            hasNextPage: false,
            hasPreviousPage: false,
            startCursor: null,
            endCursor: null,
          },
          totalCount: 0,
        })
      : [],
  },
  { title: 'webhooks are a bare list', request: 'GET /rest/webhooks', status: 200, answer: [] },
  {
    title: 'API keys below metadata',
    request: 'GET /rest/metadata/apiKeys?limit=1',
    status: 200,
    answer: isLater ? { totalCount: 1, data: count(1) } : count(1),
  },
  {
    title: 'API keys are a bare list',
    request: 'GET /rest/apiKeys',
    status: 200,
    answer: count(1),
  },
];

const gone = 'and(id[eq]:{row},deletedAt[is]:NULL)';
const update = (filter) => ({
  query:
    'mutation($f: PersonFilterInput!, $d: PersonUpdateInput!){ updatePeople(filter:$f, data:$d){ id deletedAt } }',
  variables: { f: filter, d: { jobTitle: 'after' } },
});
const graphql = (title, body, answer) => ({
  title,
  request: 'POST /graphql',
  body,
  status: 200,
  answer,
});

/** Races and conditions, the same on both. */
const races = [
  {
    title: 'a person',
    request: 'POST /rest/people',
    body: { externalId: 'r', jobTitle: 'x' },
    status: 201,
    save: { row: 'data.createPerson.id' },
  },
  {
    title: 'that somebody else deletes',
    request: 'DELETE /rest/people/{row}?soft_delete=true',
    status: 200,
  },
  {
    title: 'a condition on deletedAt meets nothing',
    request: `PATCH /rest/people?filter=${gone}`,
    body: { jobTitle: 'y' },
    status: 200,
    answer: exactly({ data: { updatePeople: [] } }),
  },
  {
    title: 'a bulk write without it reaches the deleted row',
    request: 'PATCH /rest/people?filter=id[eq]:{row}',
    body: { jobTitle: 'y' },
    status: 200,
    answer: { data: { updatePeople: [{ jobTitle: 'y', deletedAt: /Z$/ }] } },
  },
  graphql('so does GraphQL', update({ id: { eq: '{row}' } }), {
    data: { updatePeople: [{ id: '{row}', deletedAt: /Z$/ }] },
  }),
  graphql(
    'but not with the condition',
    update({ id: { eq: '{row}' }, deletedAt: { is: 'NULL' } }),
    exactly({ data: exactly({ updatePeople: [] }) }),
  ),
  {
    title: 'an upsert revives it, whatever it says of deletedAt',
    request: 'POST /rest/batch/people?upsert=true',
    body: [{ id: '{row}', deletedAt: '2026-01-02T00:00:00.000Z' }],
    status: 201,
    answer: { data: { createPeople: [{ id: '{row}', deletedAt: null }] } },
  },
  {
    title: 'updatedAt can be written',
    request: 'PATCH /rest/people/{row}',
    body: { updatedAt: '2001-01-01T00:00:00.000Z' },
    status: 200,
    answer: { data: { updatePerson: { updatedAt: '2001-01-01T00:00:00.000Z' } } },
  },
  {
    title: 'and deletedAt, which stays',
    request: 'PATCH /rest/people/{row}',
    body: { deletedAt: '2026-01-01T00:00:00.000Z' },
    status: 200,
    answer: { data: { updatePerson: { deletedAt: '2026-01-01T00:00:00.000Z' } } },
  },
  {
    title: 'an id that is unknown is inserted by upsert, with nothing else in it',
    request: 'POST /rest/batch/people?upsert=true',
    body: [{ id: ids[0], jobTitle: 'new' }],
    status: 201,
    answer: { data: { createPeople: [{ id: ids[0], externalId: '' }] } },
  },
  graphql(
    'the same mutation twice is refused',
    {
      query:
        'mutation($a: UUID!, $d: PersonUpdateInput!){ x: updatePerson(id:$a, data:$d){ id } y: updatePerson(id:$a, data:$d){ id } }',
      variables: { a: ids[0], d: {} },
    },
    { data: exactly({}), errors: [{ message: 'Duplicate root resolver: "updatePerson"' }] },
  ),
  graphql(
    'an unknown id is not found',
    {
      query: 'mutation($a: UUID!){ updatePerson(id:$a, data:{jobTitle: "z"}){ id } }',
      variables: { a: ids[3] },
    },
    {
      data: { updatePerson: null },
      errors: [{ extensions: { subCode: 'RECORD_NOT_FOUND', code: 'NOT_FOUND' } }],
    },
  ),
  {
    title: 'a company',
    request: 'POST /rest/companies',
    body: { name: 'C' },
    status: 201,
    save: { company: 'data.createCompany.id' },
  },
  {
    title: 'its person',
    request: 'POST /rest/people',
    body: { externalId: 'c', companyId: '{company}' },
    status: 201,
    save: { person: 'data.createPerson.id' },
  },
  {
    title: 'the company is soft-deleted',
    request: 'DELETE /rest/companies/{company}?soft_delete=true',
    status: 200,
  },
  {
    title: 'its id is there where the relation is not asked for',
    request: 'GET /rest/people/{person}',
    status: 200,
    answer: { data: { person: { companyId: '{company}' } } },
  },
  {
    title: 'and null where it is',
    request: 'GET /rest/people/{person}?depth=1',
    status: 200,
    answer: { data: { person: { companyId: null, company: null } } },
  },
  graphql(
    'in GraphQL too',
    {
      query:
        '{ people(filter: { externalId: { eq: "c" } }) { edges { node { companyId company { id } } } } }',
    },
    { data: { people: { edges: [{ node: { companyId: null, company: null } }] } } },
  ),
  graphql(
    'first has no cap',
    { query: '{ people(first: 100000) { edges { node { id } } } }' },
    { data: { people: { edges: count(252) } } },
  ),
  graphql(
    'and is not negative',
    { query: '{ people(first: -1) { totalCount } }' },
    {
      data: { people: null },
      errors: [{ message: 'First argument must be non-negative' }],
    },
  ),
  {
    title: 'a filter takes no microseconds',
    request: 'GET /rest/people?filter=updatedAt[gt]:"2026-11-30T12:00:00.500450Z"',
    status: 400,
    answer: { messages: [/^Invalid value '2026-11-30T12:00:00.500450Z' for date-time field/] },
  },
];
// More rows than the largest REST page.
const many = {
  people: Array.from({ length: 250 }, (_, n) => ({ externalId: `many${n}` })),
};
const withMany = races.map((row) =>
  row.title === 'first has no cap' ? { ...row, before: (sim) => sim.seed(many) } : row,
);

/** The recorded versions, side by side. */
export const versions = /** @type {const} */ (['2.21', '2.31']).flatMap((flavour) => [
  section(`${flavour}: pages and lists`, differences(flavour === '2.31'), { flavour }),
  section(`${flavour}: races and conditions`, withMany, { flavour }),
]);
