import {
  absent,
  badRequest,
  coreError,
  duplicate,
  inserted,
  instant,
  section,
  uuid,
} from '../contract-table.mjs';

const nobody = '3d2f1e0c-9b8a-4d7c-8e6f-5a4b3c2d1e0f';
const person = (row) => ({ data: { createPerson: row } });
const refused = (title, body, answer) => ({
  title,
  request: 'POST /rest/people',
  body,
  status: 400,
  answer,
});

/** Section 4: creation and normalisation. */
export const creation = [
  section('records: creation and normalisation', [
    {
      title: 'a record has every column, blanks as ""',
      request: 'POST /rest/people',
      body: {},
      status: 201,
      answer: person({
        id: uuid,
        createdAt: instant,
        deletedAt: null,
        jobTitle: '',
        name: { firstName: '', lastName: '' },
        emails: { primaryEmail: '', additionalEmails: [] },
        companyId: null,
        createdBy: { source: 'API', workspaceMemberId: null },
        company: absent,
      }),
      save: { blank: 'data.createPerson.id' },
    },
    {
      title: 'createdAt equals updatedAt on every insert',
      request: 'POST /rest/people',
      body: { jobTitle: 'New' },
      status: 201,
      answer: { data: { createPerson: inserted } },
    },
    {
      title: 'e-mails are lower-cased',
      request: 'POST /rest/people',
      body: { emails: { primaryEmail: 'Lin.Wu@Example.NET', additionalEmails: ['L@Example.NET'] } },
      status: 201,
      answer: person({
        emails: { primaryEmail: 'lin.wu@example.net', additionalEmails: ['l@example.net'] },
      }),
      save: { lin: 'data.createPerson.id' },
    },
    {
      title: 'a link with a scheme loses case of the host and the last slash',
      request: 'POST /rest/people',
      body: { linkedinLink: { primaryLinkUrl: 'HTTPS://WWW.Example.NET/Lin/' } },
      status: 201,
      answer: person({ linkedinLink: { primaryLinkUrl: 'https://www.example.net/Lin' } }),
    },
    {
      title: 'a link without a scheme is left alone',
      request: 'POST /rest/people',
      body: { linkedinLink: { primaryLinkUrl: 'WWW.Example.NET/Lin/' } },
      status: 201,
      answer: person({ linkedinLink: { primaryLinkUrl: 'WWW.Example.NET/Lin/' } }),
    },
    {
      title: 'an international number is split',
      request: 'POST /rest/people',
      body: { phones: { primaryPhoneNumber: '+44 20 7946 0958' } },
      status: 201,
      answer: person({
        phones: {
          primaryPhoneNumber: '2079460958',
          primaryPhoneCountryCode: 'GB',
          primaryPhoneCallingCode: '+44',
        },
      }),
    },
    refused(
      'a national number without a country is refused',
      { phones: { primaryPhoneNumber: '2079460958' } },
      coreError(
        400,
        'Error',
        'Provided phone number is invalid 2079460958',
        'INVALID_PHONE_NUMBER',
      ),
    ),
    refused(
      'a country that contradicts the number is refused',
      { phones: { primaryPhoneNumber: '+442079460958', primaryPhoneCountryCode: 'DE' } },
      coreError(
        400,
        'Error',
        'Provided and inferred country code are conflicting',
        'CONFLICTING_PHONE_COUNTRY_CODE',
      ),
    ),
    refused(
      'a text that is no e-mail is refused',
      { emails: { primaryEmail: 'lin at example' } },
      badRequest('Invalid string value \'lin at example\' for email field "emails.primaryEmail"'),
    ),
    refused(
      'a text that is no link is refused',
      { linkedinLink: { primaryLinkUrl: 'no link' } },
      coreError(400, 'Error', 'The URL of the link is not valid', 'INVALID_URL'),
    ),
    refused(
      'an unknown field is refused, the first one only',
      { first_name: 'Lin', last_name: 'Wu' },
      badRequest('Object person doesn\'t have any "first_name" field.'),
    ),
    refused(
      'a name has to be an object',
      { name: 'Lin Wu' },
      badRequest('Invalid object value \'Lin Wu\' for field "name"'),
    ),
    refused(
      'an unknown subfield is refused',
      { name: { nickName: 'L' } },
      badRequest('Invalid subfield nickName for full name field "name"'),
    ),
    refused(
      'a text field takes no number',
      { jobTitle: 7 },
      badRequest('Invalid string value 7 for text field "jobTitle"'),
    ),
    refused(
      'a number field takes no text',
      { totalSubmissions: '7' },
      badRequest('Invalid number value \'7\' for field "totalSubmissions"'),
    ),
    refused(
      'the search vector is not writable',
      { searchVector: 'x' },
      badRequest('searchVector TS_VECTOR-typed field does not support write operations'),
    ),
    refused(
      'an id has to be a UUID',
      { id: 'lin' },
      coreError(400, 'Error', 'Value "lin" is not a valid UUID', 'INVALID_QUERY_INPUT'),
    ),
    {
      title: 'a NUL character is 500',
      request: 'POST /rest/people',
      body: { jobTitle: 'a\u0000b' },
      status: 500,
      answer: coreError(500, 'InternalServerErrorException', 'Data validation error.'),
    },
    {
      title: 'id, createdAt and createdBy can be chosen',
      request: 'POST /rest/people',
      body: {
        id: nobody.replace('3d2f', '4e3f'),
        createdAt: '2019-05-06T07:08:09Z',
        createdBy: { source: 'IMPORT', name: 'old crm' },
      },
      status: 201,
      answer: person({
        id: nobody.replace('3d2f', '4e3f'),
        createdAt: '2019-05-06T07:08:09.000Z',
        createdBy: { source: 'IMPORT', name: 'old crm' },
      }),
    },
    refused('a chosen id is unique', { id: nobody.replace('3d2f', '4e3f') }, duplicate),
    {
      title: 'blank unique texts do not collide, first',
      request: 'POST /rest/people',
      body: { externalId: '' },
      status: 201,
    },
    {
      title: 'blank unique texts do not collide, second',
      request: 'POST /rest/people',
      body: { externalId: '' },
      status: 201,
      answer: person({ externalId: '' }),
    },
    refused(
      'an e-mail is unique, whatever its case',
      { emails: { primaryEmail: 'LIN.WU@example.net' } },
      duplicate,
    ),
    {
      title: 'amounts may come as text, currency codes are not checked',
      request: 'POST /rest/companies',
      body: { name: 'Wu', annualRevenue: { amountMicros: '1500000', currencyCode: 'QQQ' } },
      status: 201,
      answer: {
        data: { createCompany: { annualRevenue: { amountMicros: 1500000, currencyCode: 'QQQ' } } },
      },
    },
    {
      title: 'a POST to an id ignores it and creates another record',
      request: 'POST /rest/people/{blank}',
      body: { jobTitle: 'Stray' },
      status: 201,
      answer: { data: { createPerson: inserted } },
    },
    {
      title: 'a note takes rich text',
      request: 'POST /rest/notes',
      body: { title: 'Call', bodyV2: { markdown: 'Said **yes**', blocknote: null } },
      status: 201,
      answer: { data: { createNote: { title: 'Call', bodyV2: { markdown: /Said/ } } } },
    },
    {
      title: 'a note has no field called body',
      request: 'POST /rest/notes',
      body: { body: 'Said yes' },
      status: 400,
      answer: badRequest('Object note doesn\'t have any "body" field.'),
    },
  ]),
];
