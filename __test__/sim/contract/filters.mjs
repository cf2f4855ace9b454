import { badRequest, section } from '../contract-table.mjs';

const people = [
  { externalId: 'plain', jobTitle: 'Nurse, senior', totalSubmissions: 3 },
  { externalId: 'a,b', jobTitle: 'Nurse' },
  { externalId: "o'hara", jobTitle: '50%' },
  { externalId: 'x[1]', jobTitle: 'Cook' },
  { externalId: '"said"', jobTitle: 'Cook (night)' },
  { jobTitle: 'Nobody', emails: { primaryEmail: 'a+b@e.example' } },
];

const byTitle = (a, b) => a.jobTitle.localeCompare(b.jobTitle);
const found = (title, filter, ...titles) => ({
  title,
  request: `GET /rest/people?filter=${encodeURIComponent(filter)}`,
  status: 200,
  answer: (body) => {
    const shown = body.data.people.sort(byTitle).map((row) => row.jobTitle);
    return JSON.stringify(shown) === JSON.stringify([...titles].sort());
  },
});
const refused = (title, filter, message) => ({
  title,
  request: `GET /rest/people?filter=${encodeURIComponent(filter)}`,
  status: 400,
  answer: badRequest(message),
});

/** Section 7: the filter grammar. */
export const filters = [
  section('filters', [
    {
      title: 'people to look for',
      request: 'POST /rest/batch/people',
      body: people,
      status: 201,
    },
    found('eq', 'externalId[eq]:plain', 'Nurse, senior'),
    found('eq is case-sensitive', 'externalId[eq]:Plain'),
    found('quotes are taken off', 'externalId[eq]:"plain"', 'Nurse, senior'),
    found('a comma needs quotes', 'jobTitle[eq]:"Nurse, senior"', 'Nurse, senior'),
    refused(
      'a comma without quotes begins a condition',
      'jobTitle[eq]:Nurse, senior',
      "'filter' invalid for ' senior'. eg: price[gte]:10",
    ),
    found('a comma inside in cannot be said', 'externalId[in]:["a,b"]'),
    found('in', 'jobTitle[in]:[Nurse,Cook]', 'Nurse', 'Cook'),
    found('in with repetitions', 'jobTitle[in]:[Cook,Cook]', 'Cook'),
    found('in of nothing', 'jobTitle[in]:[]'),
    found('a blank after a comma is part of the value', 'jobTitle[in]:[Nurse, Cook]', 'Nurse'),
    found('an apostrophe alone', "externalId[eq]:o'hara", '50%'),
    found('an apostrophe swallows the next condition', "externalId[eq]:o'hara,jobTitle[eq]:50%"),
    found('brackets', 'externalId[eq]:x[1]', 'Cook'),
    found('literal quotes', `externalId[eq]:'"said"'`, 'Cook (night)'),
    found('parentheses in quotes, balanced', 'jobTitle[eq]:"Cook (night)"', 'Cook (night)'),
    refused(
      'parentheses have to balance, quoted or not',
      'jobTitle[eq]:"Cook (night"',
      "'filter' invalid. 1 close bracket is missing in the query",
    ),
    found('like', 'jobTitle[like]:Cook%', 'Cook', 'Cook (night)'),
    found('ilike', 'jobTitle[ilike]:cook', 'Cook'),
    found('like with an escape', 'jobTitle[like]:50\\%', '50%'),
    found('startsWith', 'jobTitle[startsWith]:Nurse', 'Nurse', 'Nurse, senior'),
    found('endsWith', 'jobTitle[endsWith]:senior', 'Nurse, senior'),
    found('a comma is and', 'jobTitle[like]:Cook%,externalId[eq]:x[1]', 'Cook'),
    found('or', 'or(jobTitle[eq]:Cook,jobTitle[eq]:Nurse)', 'Cook', 'Nurse'),
    found('and', 'and(jobTitle[eq]:Cook,externalId[eq]:plain)'),
    found('not', 'and(jobTitle[like]:Cook%,not(externalId[eq]:x[1]))', 'Cook (night)'),
    found(
      'nested',
      'or(and(jobTitle[eq]:Cook,externalId[eq]:x[1]),jobTitle[eq]:Nurse)',
      'Cook',
      'Nurse',
    ),
    found('a number', 'totalSubmissions[gte]:3', 'Nurse, senior'),
    found('a number that is too small', 'totalSubmissions[gt]:3'),
    found('is NULL', 'externalId[is]:NULL', 'Nobody'),
    found('an empty value is NULL', 'externalId[eq]:""', 'Nobody'),
    found('neq leaves NULL out', 'and(externalId[neq]:plain,jobTitle[eq]:Nobody)'),
    found('a subfield', 'emails.primaryEmail[eq]:a+b@e.example', 'Nobody'),
    {
      title: 'a plus sign has to be encoded',
      request: 'GET /rest/people?filter=emails.primaryEmail[eq]:a+b@e.example',
      status: 200,
      answer: { totalCount: 0 },
    },
    {
      title: 'a filter in brackets is ignored: the whole table',
      request: 'GET /rest/people?filter[externalId][eq]=plain',
      status: 200,
      answer: { totalCount: 6 },
    },
    {
      title: 'a repeated filter is ignored: the whole table',
      request: 'GET /rest/people?filter=jobTitle[eq]:Cook&filter=jobTitle[eq]:Nurse',
      status: 200,
      answer: { totalCount: 6 },
    },
    refused('an empty filter', '', "'filter' invalid for 'and()'. eg: price[gte]:10"),
    refused('a filter that is none', 'Cook', "'filter' invalid for 'Cook'. eg: price[gte]:10"),
    refused('no value', 'jobTitle[eq]:', "'filter' invalid for 'jobTitle[eq]:'. eg: price[gte]:10"),
    refused('an unknown field', 'age[eq]:4', 'Object person doesn\'t have any "age" field.'),
    refused(
      'an unknown comparator',
      'jobTitle[is_like]:x',
      /^'filter' invalid for 'jobTitle\[is_like\]:x', comparator is_like not in eq, neq, in/,
    ),
    refused(
      'a composite without its subfield',
      'name[eq]:Ada',
      'Sub field "eq" not found for composite type: FULL_NAME',
    ),
    refused('a UUID that is none', 'id[eq]:7', 'Invalid UUID value \'7\' for field "id"'),
    refused(
      'is takes NULL and NOT_NULL',
      'jobTitle[is]:null',
      'Invalid filter value for "is" operator. Expected "NULL" or "NOT_NULL"',
    ),
    refused(
      'conjunctions are lower-case',
      'OR(jobTitle[eq]:Cook)',
      'Object person doesn\'t have any "OR(jobTitle" field.',
    ),
    {
      title: 'a company with one of them',
      request: 'POST /rest/companies',
      body: { name: 'Clinic' },
      status: 201,
      save: { clinic: 'data.createCompany.id' },
    },
    {
      title: 'an employee',
      request: 'POST /rest/people?upsert=true',
      body: { externalId: 'plain', companyId: '{clinic}' },
      status: 201,
    },
    found('a field of a relation', 'company.name[eq]:Clinic', 'Nurse, senior'),
    found('not without a company', 'not(companyId[is]:NULL)', 'Nurse, senior'),
    {
      title: 'deleting one softly',
      request: 'DELETE /rest/people?filter=externalId[eq]:plain&soft_delete=true',
      status: 200,
    },
    found('soft-deleted rows are hidden', 'externalId[eq]:plain'),
    found(
      'a filter on deletedAt shows them',
      'and(externalId[eq]:plain,not(deletedAt[is]:NULL))',
      'Nurse, senior',
    ),
  ]),
];
