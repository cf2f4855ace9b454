import { absent, coreError, exactly, section } from '../contract-table.mjs';

const flavour = '2.47';
const scope = (value) =>
  ['spenderType', 'spenderId', 'operationType'].every((key) => typeof value[key] === 'string');
/** The answer to a call that gets no token, with no other limit involved. */
const limited = exactly({
  statusCode: 429,
  error: 'RATE_LIMITED',
  messages: ['Rate limit exceeded for apiKey: 2 requests per 4000s.'],
  limitKind: 'speed',
  exhaustedKind: 'limit',
  scope,
  limit: 2,
  remaining: 0,
  periodCount: 4000,
  periodUnit: 'second',
  retryAfterSeconds: (seconds) => seconds > 1990 && seconds <= 2000,
});
const spend = (title, status = 200) => ({
  title,
  request: 'GET /rest/companies?limit=0',
  status,
  ...(status === 429 && { answer: limited }),
});
/** The clock of the limiter is advanced instead of waiting; a token takes 2,000 seconds. */
const after = (ms, row) => ({ ...row, before: (sim) => sim.advanceClock(ms) });
const noLimitHeaders = {
  'retry-after': absent,
  'x-ratelimit-limit': absent,
  'x-ratelimit-remaining': absent,
  'x-ratelimit-reset': absent,
};
const duplicate = (constraint) =>
  exactly({
    statusCode: 400,
    error: 'BadRequestException',
    messages: [`A duplicate entry was detected: unique constraint ${constraint} was violated`],
  });

/** From the source of 2.38 to 2.47; none of it was recorded. */
export const newest = [
  section(
    '2.47: rate limit',
    [
      spend('the first token'),
      spend('the second token'),
      {
        ...spend('the third call is told kind, scope, period and wait', 429),
        headersToo: {
          'retry-after': /^(199\d|2000)$/,
          'x-ratelimit-limit': '2',
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': (at) => Number(at) > Date.now() / 1000 + 1990,
          vary: 'Origin',
          'access-control-allow-credentials': 'true',
        },
      },
      {
        title: 'GraphQL says the wait in milliseconds',
        request: 'POST /graphql',
        body: { query: '{ companies(first: 1) { totalCount } }' },
        status: 200,
        headersToo: noLimitHeaders,
        answer: {
          data: { companies: null },
          errors: [
            {
              message: 'Rate limit exceeded for apiKey: 2 requests per 4000s.',
              extensions: exactly({
                code: 'RATE_LIMITED',
                limitKind: 'speed',
                exhaustedKind: 'limit',
                limit: 2,
                remaining: 0,
                periodCount: 4000,
                periodUnit: 'second',
                retryAfterMs: (ms) => ms > 1_990_000 && ms <= 2_000_000,
                scope,
              }),
            },
          ],
        },
      },
      after(1_998_000, {
        ...spend('the wait is at least a second', 429),
        answer: { error: 'RATE_LIMITED', retryAfterSeconds: (seconds) => seconds >= 1 },
      }),
    ],
    { rateLimit: '2/4000000', flavour },
  ),
  section(
    '2.47: fractions are earned at any pace',
    [
      spend('two tokens'),
      spend('are spent'),
      after(1_500_000, { ...spend('three quarters of one', 429), answer: { statusCode: 429 } }),
      after(500_000, spend('are not lost with a refused call')),
      after(3_000_000, spend('one and a half')),
      after(1_000_000, spend('and a half are two')),
      { ...spend('and no more', 429), answer: { statusCode: 429 } },
    ],
    { rateLimit: '2/4000000', flavour },
  ),
  section(
    '2.47: each root of a GraphQL request spends its token',
    [
      {
        title: 'with one token the second root gets none',
        request: 'POST /graphql',
        body: { query: '{ people(first: 1) { totalCount } companies(first: 1) { totalCount } }' },
        status: 200,
        answer: {
          data: { people: { totalCount: 0 }, companies: null },
          errors: [{ extensions: { code: 'RATE_LIMITED' } }],
        },
      },
    ],
    { rateLimit: '1/4000000', flavour },
  ),
  section(
    '2.47: a bucket of another size than its refill',
    [spend('one token is there'), { ...spend('not two', 429), answer: { limit: 2, remaining: 0 } }],
    { rateLimit: '2/4000000/1', flavour },
  ),
  section(
    '2.47 without the new limiter: the old words',
    [
      spend('a token'),
      {
        ...spend('and no hint but the message', 429),
        answer: coreError(429, 'HttpException', 'Limit reached (1 tokens per 4000000 ms)'),
        headersToo: noLimitHeaders,
      },
    ],
    { rateLimit: '1/4000000', flavour, toldLimits: false },
  ),
  section(
    '2.47: a record limit',
    [
      {
        title: 'rows that fit',
        request: 'POST /rest/batch/companies',
        body: [{ name: 'A', externalId: 'a' }, { name: 'B' }],
        status: 201,
      },
      {
        title: 'a batch that does not fit is refused whole',
        request: 'POST /rest/batch/people',
        body: [{ jobTitle: 'x' }, { jobTitle: 'y' }],
        status: 409,
        headersToo: noLimitHeaders,
        answer: exactly({
          statusCode: 409,
          error: 'QUOTA_EXHAUSTED',
          messages: ['Record limit reached for this workspace'],
          limitKind: 'stock',
          exhaustedKind: 'limit',
          scope,
          limit: 3,
          remaining: 1,
          periodCount: null,
          periodUnit: null,
          retryAfterSeconds: null,
        }),
      },
      {
        title: 'nothing of it is there',
        request: 'GET /rest/people?limit=0',
        status: 200,
        answer: { totalCount: 0 },
      },
      {
        title: 'one that fits goes through',
        request: 'POST /rest/people',
        body: { jobTitle: 'z' },
        status: 201,
      },
      {
        title: 'a row that is there needs no room',
        request: 'POST /rest/companies?upsert=true',
        body: { externalId: 'a', name: 'C' },
        status: 201,
      },
      {
        title: 'a new one does',
        request: 'POST /rest/companies?upsert=true',
        body: { externalId: 'b' },
        status: 409,
      },
    ],
    { flavour, recordLimit: 3 },
  ),
  section(
    '2.47: an allowance that is used up',
    [
      {
        title: 'a write is refused with 402 and no headers',
        request: 'POST /rest/people',
        body: {},
        status: 402,
        headersToo: noLimitHeaders,
        answer: {
          statusCode: 402,
          error: 'QUOTA_EXHAUSTED',
          limitKind: 'quota',
          exhaustedKind: 'allowance',
          remaining: 0,
        },
      },
      { title: 'reading goes on', request: 'GET /rest/people', status: 200 },
    ],
    { flavour, allowanceExhausted: true },
  ),
  section(
    '2.47: refusals name their cause',
    [
      {
        title: 'a company',
        request: 'POST /rest/companies',
        body: { externalId: 'c', domainName: { primaryLinkUrl: 'https://www.Acme.example/x' } },
        status: 201,
        answer: { data: { createCompany: { domainName: { primaryLinkUrl: 'acme.example' } } } },
        save: { company: 'data.createCompany.id' },
      },
      {
        title: 'and a person',
        request: 'POST /rest/people',
        body: { externalId: 'p', emails: { primaryEmail: 'a@acme.example' } },
        status: 201,
      },
      ...[
        ['people', 'externalId', 'p', 'person.IDX_UNIQUE_504d6ed21c65222b1435c45b728'],
        [
          'people',
          'emails',
          { primaryEmail: 'A@acme.example' },
          'person.IDX_UNIQUE_87914cd3ce963115f8cb943e2ac',
        ],
        ['companies', 'externalId', 'c', 'company.IDX_UNIQUE_bace4829d54d97c437dd8552af1'],
        [
          'companies',
          'domainName',
          { primaryLinkUrl: 'acme.example' },
          'company.IDX_UNIQUE_2a32339058d0b6910b0834ddf81',
        ],
      ].map(([plural, field, value, constraint]) => ({
        title: `a second ${field} of ${plural} names the constraint`,
        request: `POST /rest/batch/${plural}`,
        body: [{ [field]: value }],
        status: 400,
        answer: duplicate(constraint),
      })),
      {
        title: 'a reference to nothing has a code',
        request: 'POST /rest/people',
        body: { companyId: '00000000-0000-4000-8000-000000000001' },
        status: 400,
        answer: { error: 'BadRequestException', code: 'INVALID_INPUT' },
      },
      {
        title: 'so has a database that cannot be reached',
        before: (sim) => sim.setOptions({ databaseDown: true }),
        request: 'GET /rest/people',
        status: 400,
        answer: { code: 'TRANSIENT_DATABASE_ERROR' },
      },
    ],
    { flavour },
  ),
  section(
    '2.47: fields',
    [
      {
        title: 'a write answers with the fields that are named, and the id',
        request: 'POST /rest/companies?fields=name,accountOwnerId',
        body: { name: 'A', externalId: 'f' },
        status: 201,
        answer: {
          data: { createCompany: exactly({ id: /./, name: 'A', accountOwnerId: null }) },
        },
        save: { company: 'data.createCompany.id' },
      },
      {
        title: 'so do an upsert',
        request: 'POST /rest/batch/companies?upsert=true&fields=externalId',
        body: [{ name: 'B', externalId: 'f' }],
        status: 201,
        answer: { data: { createCompanies: [exactly({ id: '{company}', externalId: 'f' })] } },
      },
      {
        title: 'a list',
        request: 'GET /rest/companies?fields=name&depth=1',
        status: 200,
        answer: { data: { companies: [exactly({ id: '{company}', name: 'B' })] } },
      },
      {
        title: 'and a single row',
        request: 'GET /rest/companies/{company}?fields=id,people&depth=1',
        status: 200,
        answer: { data: { company: exactly({ id: '{company}', people: [] }) } },
      },
      {
        title: 'an unknown name is refused',
        request: 'GET /rest/companies?fields=name,nope',
        status: 400,
        answer: { statusCode: 400 },
      },
      {
        title: 'an object of many fields is cut without the parameter',
        before: (sim) =>
          sim.setOptions({
            addFields: Array.from({ length: 200 }, (_, n) => ({
              object: 'companies',
              name: `field${n}`,
              type: 'TEXT',
            })),
          }),
        request: 'GET /rest/companies/{company}',
        status: 200,
        headersToo: { 'x-twenty-fields-capped': 'true', 'x-twenty-fields-max': '200' },
        answer: { data: { company: { name: 'B', field99: absent } } },
      },
      {
        title: 'and not with it',
        request: 'GET /rest/companies/{company}?fields=field99',
        status: 200,
        headersToo: { 'x-twenty-fields-capped': absent },
        answer: { data: { company: exactly({ id: '{company}', field99: '' }) } },
      },
    ],
    { flavour },
  ),
];
