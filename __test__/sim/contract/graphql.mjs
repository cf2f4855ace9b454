import { absent, count, exactly, section } from '../contract-table.mjs';

const lookUp =
  'query Find($f: PersonFilterInput, $after: String) { people(filter: $f, first: 2, after: $after) ' +
  '{ totalCount pageInfo { hasNextPage endCursor } edges { node { id externalId deletedAt } } } }';
const ask = (title, query, answer, extra = {}) => ({
  title,
  request: 'POST /graphql',
  body: { query, variables: extra.variables },
  status: 200,
  answer,
  ...extra,
});
const hostile = ['a)b(', 'c,d', 'e"f"', "g'h", 'i\nj', '💥', ' k', '{}', '100%'];
const problem = (message, subCode) => ({
  data: { people: null },
  errors: [{ message, extensions: { subCode, code: 'BAD_USER_INPUT' } }],
});

/** Sections 8 and 11: GraphQL look-ups. */
export const graphql = [
  section('GraphQL', [
    {
      title: 'people and a company',
      request: 'POST /rest/companies',
      body: { name: 'Graph' },
      status: 201,
      save: { company: 'data.createCompany.id' },
    },
    {
      title: 'whose keys are hostile',
      request: 'POST /rest/batch/people',
      body: hostile.map((externalId) => ({ externalId, companyId: '{company}' })),
      status: 201,
      answer: { data: { createPeople: count(hostile.length) } },
      save: { first: 'data.createPeople.0.id' },
    },
    ask('variables take any value', '{ x: __typename }', { data: { x: 'Query' } }),
    ask(
      'all hostile keys are found',
      'query($f: PersonFilterInput!) { people(filter: $f) { totalCount } }',
      { data: { people: { totalCount: hostile.length } }, errors: absent },
      { variables: { f: { externalId: { in: hostile } } } },
    ),
    ask(
      'first and after page through',
      lookUp,
      { data: { people: { totalCount: 9, edges: count(2), pageInfo: { hasNextPage: true } } } },
      { variables: {}, save: { cursor: 'data.people.pageInfo.endCursor' } },
    ),
    ask(
      'the page behind a cursor is another one',
      lookUp,
      { data: { people: { totalCount: 9, edges: count(2) } } },
      { variables: { after: '{cursor}' } },
    ),
    ask(
      'a variable that is not given is no filter',
      lookUp,
      { data: { people: { totalCount: 9 } } },
      { variables: {} },
    ),
    ask(
      'or over two kinds of key',
      'query($f: PersonFilterInput!) { people(filter: $f) { edges { node { externalId } } } }',
      (body) =>
        JSON.stringify(body.data.people.edges.map((e) => e.node.externalId).sort()) ===
        JSON.stringify(['a)b(', 'c,d']),
      { variables: { f: { or: [{ externalId: { in: ['c,d'] } }, { id: { in: ['{first}'] } }] } } },
    ),
    ask(
      'aliases, fragments and relations',
      'query { who: people(first: 1, orderBy: [{ externalId: AscNullsLast }]) { edges { cursor ' +
        'node { ...N company { name people { totalCount } } } } } } ' +
        'fragment N on Person { key: externalId name { firstName } __typename }',
      {
        data: {
          who: {
            edges: [
              {
                cursor: (text) => typeof text === 'string',
                node: {
                  key: ' k',
                  name: exactly({ firstName: '' }),
                  __typename: 'Person',
                  company: { name: 'Graph', people: { totalCount: 9 } },
                },
              },
            ],
          },
        },
      },
    ),
    ask(
      'literals instead of variables',
      '{ people(filter: { externalId: { eq: "c,d" } }) { totalCount } }',
      { data: { people: { totalCount: 1 } } },
    ),
    ask(
      'two objects in one request',
      '{ people(first: 1) { totalCount } companies(first: 1) { totalCount } }',
      { data: { people: { totalCount: 9 }, companies: { totalCount: 1 } } },
    ),
    ask(
      'the same object twice is refused, aliases or not',
      '{ a: people { totalCount } b: people { totalCount } }',
      exactly({
        data: exactly({}),
        errors: [
          { message: 'Duplicate root resolver: "people"', extensions: { code: 'BAD_USER_INPUT' } },
        ],
      }),
    ),
    ask(
      'an unknown field is null without a word',
      '{ people(first: 1) { edges { node { age } } } }',
      {
        data: { people: { edges: [{ node: { age: null } }] } },
        errors: absent,
      },
    ),
    ask(
      'an unknown field in a filter is an error',
      '{ people(filter: { age: { eq: 4 } }) { totalCount } }',
      problem('Object person doesn\'t have any "age" field.', 'INVALID_ARGS_FILTER'),
    ),
    ask(
      'a UUID that is none is an error',
      '{ people(filter: { id: { eq: "4" } }) { totalCount } }',
      problem('Invalid UUID value \'4\' for field "id"', 'INVALID_ARGS_FILTER'),
    ),
    ask('a syntax error has a place', '{ people { totalCount ', {
      errors: [
        {
          message: 'Syntax Error: Expected Name, found <EOF>.',
          locations: [{ line: 1, column: 23 }],
        },
      ],
    }),
    {
      title: 'a bad key is 200 with an error',
      request: 'POST /graphql',
      key: 'nonsense',
      body: { query: '{ people { totalCount } }' },
      status: 200,
      answer: {
        data: absent,
        errors: [{ message: 'Token invalid.', extensions: { code: 'UNAUTHENTICATED' } }],
      },
    },
    {
      title: 'deleting softly',
      request: 'DELETE /rest/people/{first}?soft_delete=true',
      status: 200,
    },
    ask(
      'soft-deleted rows are hidden',
      '{ people(filter: { externalId: { eq: "a)b(" } }) { totalCount } }',
      { data: { people: { totalCount: 0 } } },
    ),
    ask(
      'a filter on deletedAt shows them',
      '{ people(filter: { and: [{ externalId: { eq: "a)b(" } }, ' +
        '{ or: [{ deletedAt: { is: NULL } }, { deletedAt: { is: NOT_NULL } }] }] }) { totalCount } }',
      { data: { people: { totalCount: 1 } } },
    ),
  ]),
];
