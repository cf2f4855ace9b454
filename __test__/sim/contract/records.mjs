import {
  absent,
  badRequest,
  duplicate,
  instant,
  notFound,
  section,
  updated,
} from '../contract-table.mjs';

const nobody = '3d2f1e0c-9b8a-4d7c-8e6f-5a4b3c2d1e0f';
const person = (row) => ({ data: { createPerson: row } });
const changed = (row) => ({ data: { updatePerson: row } });

const beside = {
  phones: { additionalPhones: [{ number: '201234568', countryCode: 'NL', callingCode: '+31' }] },
  website: { primaryLinkLabel: 'Home', secondaryLinks: [{ url: 'https://b.example', label: 'B' }] },
};
const whole = {
  phones: { primaryPhoneNumber: '+31201234567', ...beside.phones },
  website: { primaryLinkUrl: 'https://a.example', ...beside.website },
};
const madeWhole = {
  title: 'a record with a further number and a further link',
  request: 'POST /rest/people',
  body: whole,
  status: 201,
  answer: person(beside),
  save: { id: 'data.createPerson.id' },
};
const otherPrimaries = {
  phones: { primaryPhoneNumber: '+31201234569' },
  website: { primaryLinkUrl: 'https://c.example' },
};

/** Section 4: reading, changing and deleting single records. */
export const records = [
  section('records: reading, changing, deleting', [
    {
      title: 'a record to work with',
      request: 'POST /rest/people',
      body: {
        externalId: 'r-1',
        name: { firstName: 'Noor', lastName: 'Aziz' },
        emails: { primaryEmail: 'noor@example.net', additionalEmails: ['n@example.net'] },
        phones: { primaryPhoneNumber: '+31 20 123 4567' },
      },
      status: 201,
      save: { id: 'data.createPerson.id' },
    },
    {
      title: 'a record by id',
      request: 'GET /rest/people/{id}',
      status: 200,
      answer: { data: { person: { id: '{id}', externalId: 'r-1' } } },
    },
    {
      title: 'an id that nobody has',
      request: `GET /rest/people/${nobody}`,
      status: 404,
      answer: notFound,
    },
    {
      title: 'a change of a subfield leaves the others',
      request: 'PATCH /rest/people/{id}',
      body: { name: { lastName: 'Bakr' }, emails: { primaryEmail: 'noor.b@example.net' } },
      status: 200,
      answer: changed({
        name: { firstName: 'Noor', lastName: 'Bakr' },
        emails: { primaryEmail: 'noor.b@example.net', additionalEmails: ['n@example.net'] },
      }),
    },
    {
      title: 'an update is later than the insert',
      request: 'GET /rest/people/{id}',
      status: 200,
      answer: { data: { person: updated } },
    },
    {
      title: 'PUT changes as PATCH does',
      request: 'PUT /rest/people/{id}',
      body: { jobTitle: 'Pilot' },
      status: 200,
      answer: changed({ jobTitle: 'Pilot', name: { firstName: 'Noor' } }),
    },
    {
      title: 'null for a composite changes nothing',
      request: 'PATCH /rest/people/{id}',
      body: { phones: null },
      status: 200,
      answer: changed({ phones: { primaryPhoneNumber: '201234567' } }),
    },
    {
      title: 'null for a subfield clears it',
      request: 'PATCH /rest/people/{id}',
      body: { emails: { primaryEmail: null, additionalEmails: null } },
      status: 200,
      answer: changed({ emails: { primaryEmail: '', additionalEmails: [] } }),
    },
    {
      title: 'null for a text clears it',
      request: 'PATCH /rest/people/{id}',
      body: { jobTitle: null },
      status: 200,
      answer: changed({ jobTitle: '' }),
    },
    {
      title: 'an empty change is fine',
      request: 'PATCH /rest/people/{id}',
      body: {},
      status: 200,
      answer: { data: { updatePerson: updated } },
    },
    {
      title: 'a change of a record nobody has',
      request: `PATCH /rest/people/${nobody}`,
      body: { jobTitle: 'x' },
      status: 404,
      answer: notFound,
    },
    {
      title: 'a company that nobody has is a raw foreign-key complaint',
      request: 'PATCH /rest/people/{id}',
      body: { companyId: nobody },
      status: 400,
      answer: badRequest(
        /^insert or update on table "person" violates foreign key constraint "FK_/,
      ),
    },
    {
      title: 'a company to connect to',
      request: 'POST /rest/companies',
      body: { name: 'Airline', externalId: 'c-1', domainName: { primaryLinkUrl: 'air.example' } },
      status: 201,
      save: { company: 'data.createCompany.id' },
    },
    {
      title: 'connect by a unique field',
      request: 'PATCH /rest/people/{id}',
      body: { company: { connect: { where: { externalId: 'c-1' } } } },
      status: 200,
      answer: changed({ companyId: '{company}' }),
    },
    {
      title: 'connect by a unique field of a composite',
      request: 'POST /rest/people',
      body: { company: { connect: { where: { domainName: { primaryLinkUrl: 'air.example' } } } } },
      status: 201,
      answer: person({ companyId: '{company}' }),
    },
    {
      title: 'connect to nothing',
      request: 'PATCH /rest/people/{id}',
      body: { company: { connect: { where: { externalId: 'c-9' } } } },
      status: 400,
      answer: badRequest(
        'Expected 1 record to connect to company, but found 0 for externalId = c-9',
      ),
    },
    {
      title: 'a relation is no place for an id',
      request: 'PATCH /rest/people/{id}',
      body: { company: { id: '{company}' } },
      status: 400,
      answer: badRequest('Relation "company" requires connect or disconnect operation'),
    },
    {
      title: 'depth 1 shows relations',
      request: 'GET /rest/people/{id}?depth=1',
      status: 200,
      answer: { data: { person: { company: { name: 'Airline' }, noteTargets: [] } } },
    },
    {
      title: 'depth 0 is the default',
      request: 'GET /rest/people/{id}',
      status: 200,
      answer: { data: { person: { company: absent, companyId: '{company}' } } },
    },
    {
      title: 'depth 2 is refused',
      request: 'GET /rest/people/{id}?depth=2',
      status: 400,
      answer: badRequest("'depth=2' parameter invalid. Allowed values are 0, 1"),
    },
    {
      title: 'disconnect',
      request: 'PATCH /rest/people/{id}',
      body: { company: { disconnect: true } },
      status: 200,
      answer: changed({ companyId: null }),
    },
    {
      title: 'a soft deletion shows the record',
      request: 'DELETE /rest/people/{id}?soft_delete=true',
      status: 200,
      answer: { data: { deletePerson: { id: '{id}', deletedAt: instant, externalId: 'r-1' } } },
    },
    {
      title: 'a soft deletion can be repeated',
      request: 'DELETE /rest/people/{id}?soft_delete=true',
      status: 200,
    },
    {
      title: 'a soft-deleted record is not found by id',
      request: 'GET /rest/people/{id}',
      status: 404,
      answer: notFound,
    },
    {
      title: 'a soft-deleted record keeps its unique values',
      request: 'POST /rest/people',
      body: { externalId: 'r-1' },
      status: 400,
      answer: duplicate,
    },
    {
      title: 'a soft-deleted record can be changed and stays deleted',
      request: 'PATCH /rest/people/{id}',
      body: { jobTitle: 'Ghost' },
      status: 200,
      answer: changed({ jobTitle: 'Ghost', deletedAt: instant }),
    },
    {
      title: 'the documented way to restore never works',
      request: 'PATCH /rest/restore/people/{id}',
      status: 400,
      answer: badRequest(/^Query path /),
    },
    {
      title: 'restoring by filter works',
      request: 'PATCH /rest/restore/people?filter=id[eq]:{id}',
      body: {},
      status: 200,
      answer: { data: { restorePeople: [{ id: '{id}', deletedAt: null }] } },
    },
    {
      title: 'deletion is for good by default and shows the id alone',
      request: 'DELETE /rest/people/{id}',
      status: 200,
      answer: (body) => JSON.stringify(Object.keys(body.data.deletePerson)) === '["id"]',
    },
    {
      title: 'a destroyed record is gone',
      request: 'DELETE /rest/people/{id}',
      status: 404,
      answer: notFound,
    },
    {
      title: 'its unique values are free again',
      request: 'POST /rest/people',
      body: { externalId: 'r-1' },
      status: 201,
    },
  ]),
  section(
    'records: subfields that are not sent',
    [
      madeWhole,
      {
        title: 'survive, where that is asked for',
        request: 'PATCH /rest/people/{id}',
        body: otherPrimaries,
        status: 200,
        answer: changed({
          phones: { primaryPhoneNumber: '201234569', ...beside.phones },
          website: { primaryLinkUrl: 'https://c.example', ...beside.website },
        }),
      },
      {
        title: 'but for the label of a link that is cleared',
        request: 'PATCH /rest/people/{id}',
        body: { website: { primaryLinkUrl: null } },
        status: 200,
        answer: changed({ website: { primaryLinkUrl: '', primaryLinkLabel: '' } }),
      },
    ],
    { unsentSubfields: 'kept' },
  ),
  // Seen on a real 2.21 server, but not in a recording.
  section('records: subfields that are not sent, as the server’s source has it', [
    madeWhole,
    {
      title: 'a change without them leaves them',
      request: 'PATCH /rest/people/{id}',
      body: { jobTitle: 'Pilot' },
      status: 200,
      answer: changed(beside),
    },
    {
      title: 'a write of the number or the link wipes them',
      request: 'PATCH /rest/people/{id}',
      body: otherPrimaries,
      status: 200,
      answer: changed({
        phones: { primaryPhoneNumber: '201234569', additionalPhones: [] },
        website: {
          primaryLinkUrl: 'https://c.example',
          primaryLinkLabel: '',
          secondaryLinks: [],
        },
      }),
    },
    {
      title: 'a batch does so, too',
      request: 'POST /rest/batch/people?upsert=true',
      body: [{ id: '{id}', ...whole }],
      status: 201,
      answer: { data: { createPeople: [beside] } },
    },
    {
      title: 'without its first link, the next one takes its place',
      request: 'PATCH /rest/people/{id}',
      body: { website: { primaryLinkUrl: null, secondaryLinks: beside.website.secondaryLinks } },
      status: 200,
      answer: changed({
        website: {
          primaryLinkUrl: 'https://b.example',
          primaryLinkLabel: 'B',
          secondaryLinks: [],
        },
      }),
    },
    {
      title: 'e-mails and names are merged all the same',
      request: 'PATCH /rest/people/{id}',
      body: { emails: { additionalEmails: ['n@example.net'] } },
      status: 200,
      answer: changed({ emails: { additionalEmails: ['n@example.net'] } }),
    },
  ]),
];
