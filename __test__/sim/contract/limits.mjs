import { badRequest, coreError, frameworkError, section } from '../contract-table.mjs';

const limited = coreError(429, 'HttpException', 'Limit reached (2 tokens per 4000000 ms)');
const spend = (title, status = 200) => ({
  title,
  request: 'GET /rest/companies?limit=0',
  status,
  ...(status === 429 && { answer: limited }),
});
/** The clock of the limiter is advanced instead of waiting; a token takes 2,000 seconds. */
const after = (ms, row) => ({ ...row, before: (sim) => sim.advanceClock(ms) });

/** Section 8: the rate limit. */
export const limits = [
  section(
    'rate limit',
    [
      spend('the first token'),
      spend('the second token'),
      {
        ...spend('the third call is refused, without a hint but the message', 429),
        headersToo: { 'retry-after': (value) => value === undefined },
      },
      {
        title: 'a batch is refused like any call',
        request: 'POST /rest/batch/companies',
        body: [{ name: 'A' }],
        status: 429,
        answer: limited,
      },
      {
        title: 'a wrong key is told so first',
        request: 'GET /rest/companies',
        key: 'nonsense',
        status: 401,
      },
      {
        title: 'a wrong limit is told so first',
        request: 'GET /rest/companies?limit=x',
        status: 400,
        answer: badRequest("limit 'x' is invalid. Should be an integer"),
      },
      {
        title: 'a wrong object is told so first',
        request: 'GET /rest/unicorns',
        status: 400,
        answer: badRequest("object 'unicorns' not found. eg: companies"),
      },
      {
        title: 'a wrong body is not looked at',
        request: 'POST /rest/companies',
        body: { nonsense: 1 },
        status: 429,
        answer: limited,
      },
      {
        title: 'the bucket belongs to the workspace: another key finds it empty',
        request: 'GET /rest/companies',
        key: 'readOnly',
        status: 429,
        answer: limited,
      },
      {
        title: 'metadata is not limited',
        request: 'GET /rest/metadata/objects?limit=1',
        status: 200,
      },
      {
        title: 'malformed JSON is told so first',
        request: 'POST /rest/companies',
        raw: '{',
        headers: { 'Content-Type': 'application/json' },
        status: 400,
        answer: frameworkError(400, 'Bad Request', /JSON/),
      },
      {
        title: 'GraphQL shares the bucket and says so with 200',
        request: 'POST /graphql',
        body: { query: '{ companies(first: 1) { totalCount } }' },
        status: 200,
        answer: {
          data: { companies: null },
          errors: [
            {
              message: 'Limit reached (2 tokens per 4000000 ms)',
              extensions: { subCode: 'LIMIT_REACHED', code: 'BAD_USER_INPUT' },
            },
          ],
        },
      },
      after(2_000_000, spend('half the time is one token')),
      spend('and not two', 429),
      after(1_500_000, spend('too early there is none', 429)),
      after(500_000, spend('a refused call does not put the next token off')),
      after(4_000_000, spend('the whole time is a full bucket')),
      spend('of two tokens'),
      spend('and no more', 429),
      after(4_000_000, spend('a success sets the clock back')),
      after(1_500_000, spend('and what had grown since the last one is lost')),
      after(1_500_000, spend('so that a steady pace runs dry', 429)),
    ],
    { rateLimit: '2/4000000' },
  ),
  section(
    'rate limit: what costs a token',
    [
      {
        title: 'a batch of any size costs one',
        request: 'POST /rest/batch/companies',
        body: Array.from({ length: 50 }, (_, n) => ({ name: `N${n}` })),
        status: 201,
      },
      {
        title: 'a refused body costs one',
        request: 'POST /rest/companies',
        body: { nonsense: 1 },
        status: 400,
      },
      {
        title: 'two root fields cost one together',
        request: 'POST /graphql',
        body: { query: '{ people(first: 1) { totalCount } companies(first: 1) { totalCount } }' },
        status: 200,
        answer: { data: { people: { totalCount: 0 }, companies: { totalCount: 50 } } },
      },
      {
        title: 'and one finds the last token',
        request: 'POST /graphql',
        body: { query: '{ companies(first: 1) { totalCount } }' },
        status: 200,
        answer: { data: { companies: { totalCount: 50 } } },
      },
      {
        title: 'that were all four',
        request: 'GET /rest/companies?limit=0',
        status: 429,
      },
      {
        title: 'with none left each root has its own error',
        request: 'POST /graphql',
        body: { query: '{ people(first: 1) { totalCount } companies(first: 1) { totalCount } }' },
        status: 200,
        answer: {
          data: { people: null, companies: null },
          errors: [
            { extensions: { subCode: 'LIMIT_REACHED' } },
            { extensions: { subCode: 'LIMIT_REACHED' } },
          ],
        },
      },
    ],
    { rateLimit: '4/60000' },
  ),
];
