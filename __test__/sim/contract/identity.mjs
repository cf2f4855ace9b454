import { badRequest, duplicate, inserted, notFound, section } from '../contract-table.mjs';

const own = (digit) => `a1b2c3d4-e5f6-5a7b-8c9d-00000000000${digit}`;
const upsertPerson = (title, body, answer, extra = {}) => ({
  title,
  request: 'POST /rest/people?upsert=true',
  body,
  status: 201,
  answer: { data: { createPerson: answer } },
  ...extra,
});
const create = (title, body, status, answer, extra = {}) => ({
  title,
  request: 'POST /rest/people',
  body,
  status,
  answer,
  ...extra,
});

/** Section 11: identity. */
export const identity = [
  section('identity', [
    upsertPerson('a chosen id of version 5', { id: own(1), externalId: 'e1' }, { id: own(1) }),
    {
      title: 'a chosen id of version 7 is refused',
      request: 'POST /rest/people?upsert=true',
      body: { id: '0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b' },
      status: 400,
      answer: { messages: [/is not a valid UUID$/], code: 'INVALID_QUERY_INPUT' },
    },
    create('a row with an id of its own', { externalId: 'e2' }, 201, undefined, {
      save: { two: 'data.createPerson.id' },
    }),
    upsertPerson(
      'its id comes back, not the chosen one',
      { id: own(2), externalId: 'e2', jobTitle: 'Two' },
      { id: '{two}', jobTitle: 'Two' },
    ),
    {
      title: 'the chosen id does not exist then',
      request: `GET /rest/people/${own(2)}`,
      status: 404,
      answer: notFound,
    },
    create(
      'a row with an e-mail alone',
      { emails: { primaryEmail: 'x@e.example' } },
      201,
      undefined,
      {
        save: { mail: 'data.createPerson.id' },
      },
    ),
    upsertPerson(
      'it is found by its e-mail and gets the external id',
      { id: own(3), externalId: 'e3', emails: { primaryEmail: 'x@e.example' } },
      { id: '{mail}', externalId: 'e3' },
    ),
    upsertPerson(
      'another external id overwrites it without a word',
      { externalId: 'e4', emails: { primaryEmail: 'x@e.example' } },
      { id: '{mail}', externalId: 'e4' },
    ),
    create(
      'a plain create over an e-mail',
      { externalId: 'e5', emails: { primaryEmail: 'x@e.example' } },
      400,
      duplicate,
    ),
    create('a plain create over an external id', { externalId: 'e4' }, 400, duplicate),
    create('a plain create over an id', { id: own(1) }, 400, duplicate),
    {
      title: "a change onto another row's e-mail",
      request: 'PATCH /rest/people/{two}',
      body: { emails: { primaryEmail: 'x@e.example' } },
      status: 400,
      answer: duplicate,
    },
    {
      title: 'an id of one row and the external id of another',
      request: 'POST /rest/people?upsert=true',
      body: { id: own(1), externalId: 'e2' },
      status: 400,
      answer: badRequest(/^Multiple records found with the same unique field values for id \(id: /),
    },
    {
      title: 'deleting softly',
      request: `DELETE /rest/people/${own(1)}?soft_delete=true`,
      status: 200,
    },
    create('a plain create over a soft-deleted row', { externalId: 'e1' }, 400, duplicate),
    {
      title: 'a change with deletedAt null restores',
      request: `PATCH /rest/people/${own(1)}`,
      body: { deletedAt: null },
      status: 200,
      answer: { data: { updatePerson: { deletedAt: null } } },
    },
    { title: 'it is found again', request: `GET /rest/people/${own(1)}`, status: 200 },
    {
      title: 'a preview of a merge changes nothing',
      request: 'PATCH /rest/people/merge',
      body: { ids: [own(1), '{two}'], conflictPriorityIndex: 0, dryRun: true },
      status: 200,
      answer: { data: { mergePerson: { externalId: 'e1', jobTitle: 'Two' } } },
    },
    {
      title: 'a merge keeps the id of the first',
      request: 'PATCH /rest/people/merge',
      body: { ids: [own(1), '{two}'], conflictPriorityIndex: 0 },
      status: 200,
      answer: { data: { mergePerson: { id: own(1), externalId: 'e1', jobTitle: 'Two' } } },
    },
    {
      title: 'the other one is gone',
      request: 'GET /rest/people/{two}',
      status: 404,
      answer: notFound,
    },
    upsertPerson('and is made anew when it is written', { externalId: 'e2' }, inserted),
    {
      title: 'an unknown field refuses a batch, whatever else is in it',
      request: 'POST /rest/batch/people?upsert=true',
      body: [{ externalId: 'e1' }, { externalId: 'e2', plan: 'gold' }],
      status: 400,
      answer: badRequest('Object person doesn\'t have any "plan" field.'),
    },
    {
      title: 'an unknown company refuses a batch',
      request: 'POST /rest/batch/people?upsert=true',
      body: [{ externalId: 'e1' }, { externalId: 'e2', companyId: own(9) }],
      status: 400,
      answer: badRequest(/foreign key constraint/),
    },
    {
      title: 'a value of another row is told before an unknown company, wherever in a batch',
      request: 'POST /rest/batch/people',
      body: [{ externalId: 'e7', companyId: own(9) }, { externalId: 'e1' }],
      status: 400,
      answer: badRequest('A duplicate entry was detected'),
    },
    {
      title: 'and so is one of another row of the batch',
      request: 'POST /rest/batch/people',
      body: [{ externalId: 'e7', companyId: own(9) }, { externalId: 'e7' }],
      status: 400,
      answer: badRequest('A duplicate entry was detected'),
    },
    {
      title: 'and by a PATCH',
      request: `PATCH /rest/people/${own(1)}`,
      body: { externalId: 'e2', companyId: own(9) },
      status: 400,
      answer: badRequest('A duplicate entry was detected'),
    },
    {
      title: 'a NUL refuses a batch with 500',
      request: 'POST /rest/batch/people?upsert=true',
      body: [{ externalId: 'e1' }, { externalId: 'e2', jobTitle: '\u0000' }],
      status: 500,
    },
  ]),
];
