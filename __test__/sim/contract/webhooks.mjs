import { badRequest, coreError, section, uuid } from '../contract-table.mjs';

const hook = { targetUrl: 'http://127.0.0.1:9/in', operations: ['person.created', 'company.*'] };
const nothing = '6d5c4b3a-2918-4f70-8e6d-5c4b3a29180f';

/** Section 10: webhooks; their deliveries are in webhook-deliveries.test.mjs. */
export const webhooks = [
  section('webhooks', [
    {
      title: 'a webhook with a secret of its own',
      request: 'POST /rest/webhooks',
      body: { ...hook, secret: 'hush', description: 'ours' },
      status: 201,
      answer: { id: uuid, ...hook, secret: 'hush', description: 'ours', deletedAt: null },
      save: { id: 'id' },
    },
    {
      title: 'a webhook without a secret gets one',
      request: 'POST /rest/metadata/webhooks',
      body: hook,
      status: 201,
      answer: { secret: /^[0-9a-f]{64}$/, description: null },
    },
    {
      title: 'the list is bare and shows secrets',
      request: 'GET /rest/webhooks',
      status: 200,
      answer: [{ id: '{id}', secret: 'hush' }, { secret: /^[0-9a-f]{64}$/ }],
    },
    {
      title: 'one webhook is bare',
      request: 'GET /rest/webhooks/{id}',
      status: 200,
      answer: { id: '{id}' },
    },
    {
      title: 'an unknown one is an empty 200',
      request: `GET /rest/webhooks/${nothing}`,
      status: 200,
      answer: '',
    },
    {
      title: 'a target that is no URL',
      request: 'POST /rest/webhooks',
      body: { ...hook, targetUrl: 'over there' },
      status: 400,
      answer: coreError(
        400,
        'WorkspaceMigrationBuilderException',
        'Multiple validation errors occurred while creating webhook',
      ),
    },
    {
      title: 'operations that are no list',
      request: 'POST /rest/webhooks',
      body: { ...hook, operations: 'person.*' },
      status: 400,
      answer: badRequest('malformed array literal: "person.*"'),
    },
    {
      title: 'operations can change',
      request: 'PATCH /rest/webhooks/{id}',
      body: { operations: ['*.*'] },
      status: 200,
      answer: { id: '{id}', operations: ['*.*'], secret: 'hush' },
    },
    {
      title: 'a deletion answers true',
      request: 'DELETE /rest/webhooks/{id}',
      status: 200,
      answer: true,
    },
    {
      title: 'an unknown one cannot be deleted',
      request: 'DELETE /rest/webhooks/{id}',
      status: 400,
      answer: coreError(400, 'Error', 'Webhook not found', 'WEBHOOK_NOT_FOUND'),
    },
  ]),
];
