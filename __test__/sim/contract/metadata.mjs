import { absent, coreError, exactly, frameworkError, section, uuid } from '../contract-table.mjs';

const nothing = '5c4b3a29-1807-4f6e-9d5c-4b3a29180f7e';
const fieldProblem = (code) => ({
  statusCode: 400,
  error: 'METADATA_VALIDATION_ERROR',
  errors: { fieldMetadata: [{ errors: [{ code }] }] },
});
const create = (title, body, status, answer, extra = {}) => ({
  title,
  request: 'POST /rest/metadata/fields',
  body: { objectMetadataId: '{person}', ...body },
  status,
  answer,
  ...extra,
});
const personOf = (objects) => objects.find((object) => object.nameSingular === 'person');

/** Section 9: metadata in both formats, and OpenAPI. */
export const metadata = [
  section(
    'metadata, legacy format',
    [
      {
        title: 'objects with their fields, highest id first',
        request: 'GET /rest/metadata/objects',
        status: 200,
        answer: ({ data: { objects }, pageInfo, totalCount }) => {
          const ids = objects.map((object) => object.id);
          return (
            totalCount === objects.length &&
            pageInfo.hasNextPage === false &&
            !('hasPreviousPage' in pageInfo) &&
            ids.every((id, n) => n === 0 || ids[n - 1] > id) &&
            personOf(objects).fields.some((field) => field.name === 'emails' && field.isUnique)
          );
        },
      },
      {
        title: 'one object of the list',
        request: 'GET /rest/metadata/objects?limit=200',
        status: 200,
        answer: ({ data: { objects } }) => {
          // The only place where an id is looked up by name.
          objects.unshift(personOf(objects));
          return true;
        },
        save: { person: 'data.objects.0.id' },
      },
      {
        title: 'an object by id',
        request: 'GET /rest/metadata/objects/{person}',
        status: 200,
        answer: { data: { object: { nameSingular: 'person', namePlural: 'people' } } },
      },
      {
        title: 'an object that nobody made',
        request: `GET /rest/metadata/objects/${nothing}`,
        status: 404,
        answer: coreError(404, 'Error', 'Object metadata not found', 'OBJECT_METADATA_NOT_FOUND'),
      },
      {
        title: 'an object by name',
        request: 'GET /rest/metadata/objects/people',
        status: 400,
        answer: frameworkError(400, 'Bad Request', 'Validation failed (uuid is expected)'),
      },
      {
        title: 'a page',
        request: 'GET /rest/metadata/objects?limit=1',
        status: 200,
        answer: { data: { objects: [{ id: uuid }] }, pageInfo: { hasNextPage: true } },
        save: { first: 'pageInfo.endCursor' },
      },
      {
        title: 'a cursor is an id',
        request: 'GET /rest/metadata/objects?limit=1&starting_after={first}',
        status: 200,
        answer: ({ data: { objects } }) => objects.length === 1,
      },
      {
        title: 'a cursor that is none is a bare string with 500',
        request: 'GET /rest/metadata/fields?ending_before=zzz',
        status: 500,
        answer: 'invalid input syntax for type uuid: "zzz"',
      },
      {
        title: 'both cursors',
        request: `GET /rest/metadata/fields?starting_after=${nothing}&ending_before=${nothing}`,
        status: 400,
        answer: frameworkError(
          400,
          'Bad Request',
          "'starting_after' and 'ending_before' cannot be used together.",
        ),
      },
      {
        title: 'a filter on fields is ignored',
        request: 'GET /rest/metadata/fields?limit=5&filter=name[eq]:emails',
        status: 200,
        answer: ({ data: { fields }, totalCount }) => fields.length === 5 && totalCount > 400,
      },
      create(
        'a unique text',
        { type: 'TEXT', name: 'badge', label: 'Badge', isUnique: true },
        201,
        {
          data: {
            createOneField: {
              id: uuid,
              name: 'badge',
              type: 'TEXT',
              isUnique: true,
              isNullable: true,
              defaultValue: null,
              options: null,
              isCustom: absent,
            },
          },
        },
        { save: { badge: 'data.createOneField.id' } },
      ),
      {
        title: 'the next request can use it',
        request: 'POST /rest/people',
        body: { badge: 'B-1' },
        status: 201,
        answer: { data: { createPerson: { badge: 'B-1' } } },
      },
      {
        title: 'and its uniqueness',
        request: 'POST /rest/people',
        body: { badge: 'B-1' },
        status: 400,
      },
      create(
        'a name that is taken',
        { type: 'TEXT', name: 'badge', label: 'Badge' },
        400,
        (body) =>
          body.errors.fieldMetadata[0].errors[0].code === 'NOT_AVAILABLE' &&
          body.summary.totalErrors === 3,
      ),
      create(
        'a name with an underscore',
        { type: 'TEXT', name: 'badge_no', label: 'No' },
        400,
        (body) => body.errors.fieldMetadata[0].errors[0].code === 'INVALID_FIELD_INPUT',
      ),
      create(
        'a name that the server keeps for itself',
        { type: 'TEXT', name: 'plan', label: 'Plan' },
        400,
        (body) => /reserved/.test(body.errors.fieldMetadata[0].errors[0].message),
      ),
      create(
        'no label',
        { type: 'TEXT', name: 'shift' },
        400,
        exactly({
          statusCode: 400,
          error: 'Bad Request',
          message: ['label should not be empty', 'label must be a string'],
        }),
      ),
      create('a type that is none', { type: 'WORD', name: 'shift', label: 'Shift' }, 400, {
        message: [/^type must be one of the following values: ACTOR, ADDRESS/],
      }),
      create(
        'an object that is none',
        { type: 'TEXT', name: 'shift', label: 'Shift', objectMetadataId: nothing },
        400,
        fieldProblem('OBJECT_METADATA_NOT_FOUND'),
      ),
      create(
        'a unique text with a default',
        { type: 'TEXT', name: 'shift', label: 'Shift', isUnique: true, defaultValue: "'day'" },
        400,
        { errors: { index: [{ errors: [{ code: 'INDEX_FIELD_INVALID_DEFAULT_VALUE' }] }] } },
      ),
      create(
        'a select without options',
        { type: 'SELECT', name: 'shift', label: 'Shift' },
        400,
        (body) => body.errors.fieldMetadata[0].errors[0].code === 'INVALID_FIELD_INPUT',
      ),
      create(
        'a select with options and a default',
        {
          type: 'SELECT',
          name: 'shift',
          label: 'Shift',
          defaultValue: "'DAY'",
          options: [
            { label: 'Day', value: 'DAY', color: 'sky', position: 0 },
            { label: 'Night', value: 'NIGHT', color: 'gray', position: 1 },
          ],
        },
        201,
        { data: { createOneField: { options: [{ id: uuid, value: 'DAY' }, { value: 'NIGHT' }] } } },
      ),
      {
        title: 'its default fills the rows that are there',
        request: 'GET /rest/people?filter=shift[eq]:DAY',
        status: 200,
        answer: { totalCount: 1 },
      },
      {
        title: 'its values are exact',
        request: 'POST /rest/people',
        body: { shift: 'night' },
        status: 400,
        answer: {
          messages: ['Invalid value "night" for field "shift". Valid values are: DAY, NIGHT'],
        },
      },
      {
        title: 'a value that is none in a filter shows the database',
        request: 'GET /rest/people?filter=shift[eq]:noon',
        status: 400,
        answer: {
          messages: [/^invalid input value for enum workspace_\w+\."person_shift_enum": "noon"$/],
        },
      },
      {
        title: 'a label can change',
        request: 'PATCH /rest/metadata/fields/{badge}',
        body: { label: 'Badge number' },
        status: 200,
        answer: { data: { updateOneField: { label: 'Badge number', name: 'badge' } } },
      },
      {
        title: 'an active field can be deleted',
        request: 'DELETE /rest/metadata/fields/{badge}',
        status: 200,
        answer: { data: { deleteOneField: { id: '{badge}' } } },
      },
      {
        title: 'once',
        request: 'DELETE /rest/metadata/fields/{badge}',
        status: 404,
        answer: coreError(404, 'Error', 'Field to delete not found', 'FIELD_METADATA_NOT_FOUND'),
      },
      {
        title: 'a field that is gone cannot change',
        request: 'PATCH /rest/metadata/fields/{badge}',
        body: { isActive: false },
        status: 400,
        answer: fieldProblem('FIELD_METADATA_NOT_FOUND'),
      },
      {
        title: 'a field that is gone is unknown in records',
        request: 'POST /rest/people',
        body: { badge: 'B-2' },
        status: 400,
        answer: { messages: ['Object person doesn\'t have any "badge" field.'] },
      },
      {
        title: 'an object of our own',
        request: 'POST /rest/metadata/objects',
        body: {
          nameSingular: 'ward',
          namePlural: 'wards',
          labelSingular: 'Ward',
          labelPlural: 'Wards',
        },
        status: 201,
        answer: { data: { createOneObject: { id: uuid, namePlural: 'wards' } } },
        save: { ward: 'data.createOneObject.id' },
      },
      {
        title: 'has records at once',
        request: 'POST /rest/wards',
        body: { name: 'West' },
        status: 201,
        answer: { data: { createWard: { name: 'West' } } },
      },
      {
        title: 'its name is taken then',
        request: 'POST /rest/metadata/objects',
        body: {
          nameSingular: 'ward',
          namePlural: 'wards',
          labelSingular: 'Ward',
          labelPlural: 'Wards',
        },
        status: 400,
        answer: { errors: { objectMetadata: [{ errors: [{ code: 'OBJECT_ALREADY_EXISTS' }] }] } },
      },
      {
        title: 'it can be deleted',
        request: 'DELETE /rest/metadata/objects/{ward}',
        status: 200,
        answer: { data: { deleteOneObject: { id: '{ward}', fields: absent } } },
      },
      { title: 'with its route', request: 'GET /rest/wards', status: 400 },
    ],
    { preset: 'fresh' },
  ),
  section(
    'metadata, new format',
    [
      {
        title: 'a list is data alone',
        request: 'GET /rest/metadata/objects?limit=200',
        status: 200,
        answer: (body) => {
          body.data.unshift(personOf(body.data));
          return 'pageInfo' in body && typeof body.totalCount === 'number';
        },
        save: { person: 'data.0.id' },
      },
      {
        title: 'one object is bare',
        request: 'GET /rest/metadata/objects/{person}',
        status: 200,
        answer: { data: absent, nameSingular: 'person' },
      },
      create(
        'a created field is bare',
        { type: 'DATE', name: 'born', label: 'Born' },
        201,
        {
          data: absent,
          id: uuid,
          name: 'born',
        },
        { save: { born: 'id' } },
      ),
      {
        title: 'a deleted field is bare',
        request: 'DELETE /rest/metadata/fields/{born}',
        status: 200,
        answer: { data: absent, id: '{born}' },
      },
      create(
        'errors are the same',
        { type: 'TEXT', name: 'jobTitle', label: 'Job' },
        400,
        (body) => body.errors.fieldMetadata[0].errors[0].code === 'NOT_AVAILABLE',
      ),
      {
        title: 'the OpenAPI document shows custom fields, not their uniqueness',
        request: 'GET /rest/open-api/core',
        status: 200,
        answer: {
          openapi: '3.1.1',
          components: {
            schemas: {
              Person: {
                properties: {
                  externalId: { type: 'string', isUnique: absent },
                  totalSubmissions: { type: 'integer' },
                  website: { type: 'object' },
                  companyId: { format: 'uuid' },
                  searchVector: absent,
                },
              },
              CompanyForResponse: { properties: { people: { type: 'array' } } },
            },
          },
        },
      },
      {
        title: 'the OpenAPI document of the metadata',
        request: 'GET /rest/open-api/metadata',
        status: 200,
        answer: {
          components: { schemas: { Field: { required: (list) => list.includes('label') } } },
        },
      },
    ],
    { metadataFormat: 'new' },
  ),
];
