import { badRequest, coreError, count, section, uuid } from '../contract-table.mjs';

const options = ['ALPHA', 'BETA'];
/** For each type: accepted values with the value read back, and refused values with the message; `f` is the field. */
const types = [
  [
    'TEXT',
    [
      ['', ''],
      ['  a ', '  a '],
      [null, ''],
    ],
    [[5, 'Invalid string value 5 for text field "f"']],
  ],
  [
    'NUMBER',
    [
      [1.5, 1.5],
      [null, null],
    ],
    [['5', `Invalid number value '5' for field "f"`]],
  ],
  ['BOOLEAN', [[false, false]], [[1, 'Invalid boolean value 1 for field "f"']]],
  [
    'DATE',
    [
      ['2026-01-31', '2026-01-31'],
      ['2026-01-31T23:30:00Z', '2026-01-31'],
    ],
    [
      [
        '2026-02-30',
        `Invalid value '2026-02-30' for date field "f". Expected format: 'YYYY-MM-DD'`,
      ],
    ],
  ],
  [
    'DATE_TIME',
    [
      ['2026-01-31T10:00:00+02:00', '2026-01-31T08:00:00.000Z'],
      ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ],
    [['', `Invalid value '' for date-time field "f". Expected format: 'YYYY-MM-DDTHH:mm:ssZ'`]],
  ],
  [
    'SELECT',
    [['ALPHA', 'ALPHA']],
    [
      ['alpha', 'Invalid value "alpha" for field "f". Valid values are: ALPHA, BETA'],
      [['ALPHA'], `Invalid string value [ 'ALPHA' ] for text field "f"`],
    ],
  ],
  [
    'MULTI_SELECT',
    [
      ['ALPHA', ['ALPHA']],
      [
        ['ALPHA', 'ALPHA'],
        ['ALPHA', 'ALPHA'],
      ],
      [null, []],
    ],
    [[['GAMMA'], `Invalid value [ 'GAMMA' ] for multi select field "f"`]],
  ],
  [
    'RATING',
    [['RATING_3', 'RATING_3']],
    [
      [3, 'Invalid string value 3 for text field "f"'],
      [
        '3',
        'Invalid value "3" for field "f". Valid values are: RATING_1, RATING_2, RATING_3, RATING_4, RATING_5',
      ],
    ],
  ],
  [
    'CURRENCY',
    [
      [{ amountMicros: '25' }, { amountMicros: 25, currencyCode: null }],
      [{ amountMicros: 1.5 }, { amountMicros: 1 }],
    ],
    [
      [{ amountMicros: 'abc' }, 'Invalid number value NaN for field "f.amountMicros"'],
      [{ amount: 5 }, 'Invalid subfield amount for currency field "f"'],
    ],
  ],
  [
    'ADDRESS',
    [[{ addressLat: '48.85' }, { addressLat: 48.85, addressCity: '' }]],
    [
      [{ city: 'Paris' }, 'Invalid subfield city for address field "f"'],
      ['Paris', `Invalid object value 'Paris' for field "f"`],
    ],
  ],
  [
    'LINKS',
    [
      [
        { secondaryLinks: [{ url: 'https://A.example/', label: '' }] },
        { primaryLinkUrl: 'https://a.example', secondaryLinks: [] },
      ],
      [{ primaryLinkUrl: 'a.example', secondaryLinks: ['b.example'] }, { secondaryLinks: [] }],
    ],
    [],
  ],
  [
    'EMAILS',
    [
      [
        { additionalEmails: ['B@x.example'] },
        { primaryEmail: '', additionalEmails: ['b@x.example'] },
      ],
    ],
    [],
  ],
  [
    'PHONES',
    [
      [
        { primaryPhoneNumber: '+33612345678', additionalPhones: ['+33612345679'] },
        { primaryPhoneNumber: '612345678', primaryPhoneCountryCode: 'FR', additionalPhones: [{}] },
      ],
    ],
    [],
  ],
  [
    'ARRAY',
    [
      ['', ['']],
      [null, []],
    ],
    [[[1], 'Invalid value [ 1 ] for field "f - Array values need to be string"']],
  ],
  [
    'RAW_JSON',
    [
      ['{"a":1}', { a: 1 }],
      [{}, null],
    ],
    [['not json', `Invalid object value 'not json' for field "f"`]],
  ],
  [
    'RICH_TEXT',
    [[{ markdown: 'words' }, { markdown: 'words', blocknote: /"text":"words"/ }]],
    [[{ html: 'x' }, `Invalid subfield 'html' for rich text field "f"`]],
  ],
  ['UUID', [], [['', `Invalid UUID value '' for field "f"`]]],
];
/** Types that null does not clear. */
const composites = ['CURRENCY', 'ADDRESS', 'LINKS', 'EMAILS', 'PHONES'];

const ofType = ([type, taken, refused]) => [
  {
    title: `${type}: a row`,
    before: (sim) =>
      sim.setOptions({
        addFields: [
          {
            object: 'companies',
            name: 'f',
            type,
            options: type === 'RATING' ? [1, 2, 3, 4, 5].map((n) => `RATING_${n}`) : options,
          },
        ],
      }),
    request: 'POST /rest/companies',
    body: {},
    status: 201,
    save: { row: 'data.createCompany.id' },
  },
  ...taken.map(([value, read], index) => ({
    title: `${type}: ${JSON.stringify(value)} is taken (${index})`,
    request: 'PATCH /rest/companies/{row}',
    body: { f: value },
    status: 200,
    answer: { data: { updateCompany: { f: read } } },
  })),
  ...(composites.includes(type)
    ? [
        {
          title: `${type}: null changes nothing`,
          request: 'PATCH /rest/companies/{row}',
          body: { f: null },
          status: 200,
          answer: { data: { updateCompany: { f: taken.at(-1)[1] } } },
        },
      ]
    : []),
  ...refused.flatMap(([value, message]) => [
    {
      title: `${type}: ${JSON.stringify(value)} is refused`,
      request: 'PATCH /rest/companies/{row}',
      body: { f: value },
      status: 400,
      answer: badRequest(message),
    },
    {
      title: `${type}: one ${JSON.stringify(value)} refuses a batch`,
      request: 'POST /rest/batch/companies?upsert=true',
      body: [{ name: 'good' }, { f: value }],
      status: 400,
      answer: badRequest(message),
    },
    {
      title: `${type}: GraphQL has the same words for ${JSON.stringify(value)}`,
      request: 'POST /graphql',
      body: {
        query:
          'mutation($id: UUID!, $d: CompanyUpdateInput!){ updateCompany(id:$id, data:$d){ id } }',
        variables: { id: '{row}', d: { f: value } },
      },
      status: 200,
      answer: {
        data: { updateCompany: null },
        errors: [{ message, extensions: { subCode: 'INVALID_ARGS_DATA', code: 'BAD_USER_INPUT' } }],
      },
    },
  ]),
];

const richTextNull = {
  title: 'RICH_TEXT: null is an error',
  request: 'PATCH /rest/companies/{row}',
  body: { f: null },
  status: 400,
  answer: coreError(
    400,
    'TypeError',
    "Cannot read properties of null (reading 'blocknote')",
    undefined,
  ),
};

/** Metadata: an object with relations to one, to many and to several objects. */
const objects = [
  {
    title: 'the person object',
    request: 'GET /rest/metadata/objects?limit=200',
    status: 200,
    answer: { data: { objects: (list) => list.length >= 28 } },
  },
  {
    title: 'an object of its own',
    request: 'POST /rest/metadata/objects',
    body: {
      nameSingular: 'gadget',
      namePlural: 'gadgets',
      labelSingular: 'Gadget',
      labelPlural: 'Gadgets',
    },
    status: 201,
    save: { gadget: 'data.createOneObject.id' },
  },
  {
    title: 'a relation needs its far end',
    request: 'POST /rest/metadata/fields',
    body: { type: 'RELATION', name: 'maker', label: 'Maker', objectMetadataId: '{gadget}' },
    status: 400,
    answer: {
      error: 'METADATA_VALIDATION_ERROR',
      userFriendlyMessage: 'Relation creation payload is required',
    },
  },
  {
    title: 'and has both ends at once',
    request: 'POST /rest/metadata/fields',
    body: {
      type: 'RELATION',
      name: 'parent',
      label: 'Parent',
      objectMetadataId: '{gadget}',
      relationCreationPayload: {
        type: 'MANY_TO_ONE',
        targetObjectMetadataId: '{gadget}',
        targetFieldLabel: 'Small parts',
        targetFieldIcon: 'IconBox',
      },
    },
    status: 201,
    answer: { data: { createOneField: { settings: { joinColumnName: 'parentId' } } } },
  },
  {
    title: 'a relation to several objects is a column for each',
    request: 'POST /rest/metadata/fields',
    body: {
      type: 'MORPH_RELATION',
      name: 'about',
      label: 'About',
      objectMetadataId: '{gadget}',
      morphRelationsCreationPayload: [
        {
          type: 'MANY_TO_ONE',
          targetObjectMetadataId: '{gadget}',
          targetFieldLabel: 'About gadgets',
          targetFieldIcon: 'IconBox',
        },
      ],
    },
    status: 201,
    answer: { data: { createOneField: { name: 'aboutGadget', type: 'MORPH_RELATION' } } },
  },
  {
    title: 'a row',
    request: 'POST /rest/gadgets',
    body: { name: 'whole' },
    status: 201,
    answer: { data: { createGadget: { parentId: null, aboutGadgetId: null } } },
    save: { whole: 'data.createGadget.id' },
  },
  {
    title: 'and one that points at it',
    request: 'POST /rest/gadgets',
    body: { name: 'part', parentId: '{whole}', aboutGadgetId: '{whole}' },
    status: 201,
    answer: { data: { createGadget: { parentId: '{whole}', aboutGadgetId: '{whole}' } } },
  },
  {
    title: 'the other end lists it',
    request: 'GET /rest/gadgets/{whole}?depth=1',
    status: 200,
    answer: { data: { gadget: { smallParts: [{ name: 'part' }] } } },
  },
  {
    title: 'and cannot be written',
    request: 'PATCH /rest/gadgets/{whole}',
    body: { smallParts: [] },
    status: 400,
    answer: badRequest('One-to-many relation smallParts field does not support write operations.'),
  },
  {
    title: 'ids and look-ups exclude each other',
    request: 'PATCH /rest/gadgets/{whole}',
    body: { parentId: '{whole}', parent: { connect: { where: { id: '{whole}' } } } },
    status: 400,
    answer: badRequest('parent and parentId cannot be both provided.'),
  },
  {
    title: 'a look-up needs a unique field',
    request: 'PATCH /rest/gadgets/{whole}',
    body: { parent: { connect: { where: { name: 'part' } } } },
    status: 400,
    answer: badRequest(
      "Missing required fields: at least one unique constraint have to be fully populated for 'parent'.",
    ),
  },
  {
    title: 'a blank is no id',
    request: 'PATCH /rest/gadgets/{whole}',
    body: { parentId: '' },
    status: 400,
    answer: badRequest(`Invalid UUID value '' for field "parentId"`),
  },
  {
    title: 'the foreign key of an own object has its table in its name',
    request: 'PATCH /rest/gadgets/{whole}',
    body: { parentId: '00000000-0000-4000-8000-000000000001' },
    status: 400,
    answer: {
      messages: [
        /^insert or update on table "_gadget" violates foreign key constraint "FK_\w{27}"$/,
      ],
    },
  },
  {
    title: 'types that the server keeps for itself',
    request: 'POST /rest/metadata/fields',
    body: { type: 'NUMERIC', name: 'n', label: 'N', objectMetadataId: '{gadget}' },
    status: 400,
    answer: { error: 'METADATA_VALIDATION_ERROR' },
  },
];

/** A note and its target. */
const notes = [
  {
    title: 'a note',
    request: 'POST /rest/notes',
    body: { title: 'N' },
    status: 201,
    save: { note: 'data.createNote.id' },
  },
  {
    title: 'with a target',
    request: 'POST /rest/noteTargets',
    body: { noteId: '{note}' },
    status: 201,
    answer: { data: { createNoteTarget: { id: uuid } } },
  },
  { title: 'soft-deleted', request: 'DELETE /rest/notes/{note}?soft_delete=true', status: 200 },
  {
    title: 'hides the target',
    request: 'GET /rest/noteTargets',
    status: 200,
    answer: { data: { noteTargets: count(0) } },
  },
  {
    title: 'restored',
    request: 'PATCH /rest/restore/notes?filter=id[eq]:{note}',
    body: {},
    status: 200,
  },
  {
    title: 'shows it again',
    request: 'GET /rest/noteTargets',
    status: 200,
    answer: { data: { noteTargets: count(1) } },
  },
  {
    title: 'members are not created',
    request: 'POST /rest/workspaceMembers',
    body: { userEmail: 'a@b.example' },
    status: 400,
    answer: { code: 'PERMISSION_DENIED' },
  },
];

const flavours = /** @type {const} */ (['2.21', '2.31']);

/** Field types, objects and relations: the same on both versions. */
export const fieldTypes = flavours.flatMap((flavour) => [
  ...types.map((type) =>
    section(
      `${flavour}: field type ${type[0]}`,
      [...ofType(type), ...(type[0] === 'RICH_TEXT' ? [richTextNull] : [])],
      { flavour, unsentSubfields: 'wiped' },
    ),
  ),
  section(`${flavour}: objects and relations`, objects, { flavour }),
  section(`${flavour}: notes`, notes, { flavour }),
]);
