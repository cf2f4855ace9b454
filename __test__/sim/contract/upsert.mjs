import { badRequest, duplicate, inserted, section, updated } from '../contract-table.mjs';

const upsertPerson = (title, body, answer, extra = {}) => ({
  title,
  request: 'POST /rest/people?upsert=true',
  body,
  status: 201,
  answer: { data: { createPerson: answer } },
  ...extra,
});

/** Section 5: uniqueness and upsert. */
export const upsert = [
  section('upsert', [
    upsertPerson(
      'an unknown key inserts',
      { externalId: 'k1', name: { firstName: 'Ola', lastName: 'Berg' } },
      inserted,
      { save: { ola: 'data.createPerson.id' } },
    ),
    upsertPerson('a known key updates, with the same status', { externalId: 'k1' }, updated),
    upsertPerson(
      'only sent fields change',
      { externalId: 'k1', name: { firstName: 'Olga' }, emails: { primaryEmail: 'ola@e.example' } },
      { id: '{ola}', name: { firstName: 'Olga', lastName: 'Berg' } },
    ),
    upsertPerson(
      'an e-mail is a key, whatever its case',
      { emails: { primaryEmail: 'OLA@e.example' }, jobTitle: 'Chef' },
      { id: '{ola}', jobTitle: 'Chef', externalId: 'k1' },
    ),
    upsertPerson('an id is a key', { id: '{ola}', city: 'Oslo' }, { id: '{ola}', city: 'Oslo' }),
    upsertPerson(
      'an unknown id inserts with it',
      { id: '7b6a5948-3726-4150-8f9e-8d7c6b5a4938', name: { firstName: 'Per' } },
      { id: '7b6a5948-3726-4150-8f9e-8d7c6b5a4938' },
    ),
    upsertPerson('no unique value inserts', { jobTitle: 'Anyone' }, inserted),
    upsertPerson('no unique value inserts every time', { jobTitle: 'Anyone' }, inserted),
    {
      title: 'upsert=TRUE is no upsert',
      request: 'POST /rest/people?upsert=TRUE',
      body: { externalId: 'k1' },
      status: 400,
      answer: duplicate,
    },
    {
      title: 'upsert=1 is no upsert',
      request: 'POST /rest/people?upsert=1',
      body: { externalId: 'k1' },
      status: 400,
      answer: duplicate,
    },
    {
      title: 'upsert in the body is an unknown field',
      request: 'POST /rest/people',
      body: { externalId: 'k9', upsert: true },
      status: 400,
      answer: badRequest('Object person doesn\'t have any "upsert" field.'),
    },
    upsertPerson(
      'a second person',
      { externalId: 'k2', emails: { primaryEmail: 'pia@e.example' } },
      inserted,
    ),
    {
      title: 'two keys of two records are refused',
      request: 'POST /rest/people?upsert=true',
      body: { externalId: 'k1', emails: { primaryEmail: 'pia@e.example' } },
      status: 400,
      answer: badRequest(
        'Multiple records found with the same unique field values for ' +
          'emails (emails.primaryEmail: pia@e.example); externalId (externalId: k1). ' +
          'Cannot determine which record to update.',
      ),
    },
    {
      title: 'a company by its domain',
      request: 'POST /rest/companies?upsert=true',
      body: { name: 'One', domainName: { primaryLinkUrl: 'https://one.example' } },
      status: 201,
      save: { one: 'data.createCompany.id' },
    },
    {
      title: 'the same domain updates',
      request: 'POST /rest/companies?upsert=true',
      body: { name: 'Uno', domainName: { primaryLinkUrl: 'https://one.example' } },
      status: 201,
      answer: { data: { createCompany: { id: '{one}', name: 'Uno' } } },
    },
    {
      title: 'the domain without its scheme is another one',
      request: 'POST /rest/companies?upsert=true',
      body: { name: 'Other', domainName: { primaryLinkUrl: 'one.example' } },
      status: 201,
      answer: { data: { createCompany: inserted } },
    },
    {
      title: 'deleting softly',
      request: 'DELETE /rest/people/{ola}?soft_delete=true',
      status: 200,
    },
    upsertPerson(
      'an upsert brings a soft-deleted record back with its old data',
      { externalId: 'k1', planCustom: 'gold' },
      { id: '{ola}', deletedAt: null, jobTitle: 'Chef', planCustom: 'gold' },
    ),
  ]),
];
