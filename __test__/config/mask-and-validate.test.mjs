// The mask, and the validation of a configuration from outside.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { createTwentyCrmSyncService, maskApiKey, validateTwentyCrmConfig } from '../../index.mjs';

const good = {
  baseUrl: 'https://crm.example.com',
  apiKey: 'key-0123456789',
  enabled: true,
  syncMode: 'direct_crm',
};

/** @param {unknown} config */
function issuesOf(config) {
  const result = validateTwentyCrmConfig(config);
  assert.equal(result.success, false);
  assert.ok(!('data' in result));
  return result.error.issues;
}

test('the mask shows the last four characters, and nothing of a shorter key', () => {
  const masks = [
    ['sk_live_abcdef1234', '****1234'],
    ['abcde', '****bcde'],
    ['abcd', '****abcd'],
    ['abc', '****'],
    ['', '****'],
    [null, '****'],
    [undefined, '****'],
    [12345678, '****'],
    [{ slice: () => 'secret', length: 9 }, '****'],
  ];
  for (const [key, mask] of masks) assert.equal(maskApiKey(key), mask, inspect(key));
});

test('a valid configuration passes, with its four fields and no others', () => {
  for (const syncMode of ['disabled', 'platform', 'direct_crm']) {
    for (const enabled of [true, false]) {
      const config = { ...good, syncMode, enabled };
      const result = validateTwentyCrmConfig({ ...config, id: '1', isAdmin: true });
      assert.deepEqual(result, { success: true, data: config });
    }
  }
  assert.ok(validateTwentyCrmConfig({ ...good, apiKey: '0123456789' }).success, 'ten characters');
});

test('printing a valid configuration does not show its key', () => {
  const result = validateTwentyCrmConfig(good);
  assert.ok(!inspect(result, { depth: null }).includes(good.apiKey));
  assert.match(inspect(result, { depth: null }), /\*{4}6789/);
  assert.equal(result.data.apiKey, good.apiKey);
});

test('characters copied along with the URL or the key are removed', () => {
  const copied = { ...good, baseUrl: ` ${good.baseUrl}\n`, apiKey: `\t${good.apiKey}\r\n` };
  assert.deepEqual(validateTwentyCrmConfig(copied), { success: true, data: good });
});

test('the issues by field, as the template’s forms need them', () => {
  const result = validateTwentyCrmConfig({ ...good, apiKey: 'short', enabled: 1 });
  const [key, enabled] = result.error.issues.map(({ message }) => message);
  const byField = { formErrors: [], fieldErrors: { apiKey: [key], enabled: [enabled] } };
  assert.deepEqual(result.error.flatten(), byField);
  assert.deepEqual(Object.keys(result.error), ['issues']);
  const { formErrors, fieldErrors } = validateTwentyCrmConfig('text').error.flatten();
  assert.deepEqual([formErrors.length, fieldErrors], [1, {}]);
});

test('every invalid field is reported at once', () => {
  const issues = issuesOf({ baseUrl: 'nope', apiKey: 'short', enabled: 'yes', syncMode: 'manual' });
  assert.deepEqual(
    issues.map(({ path }) => path),
    [['baseUrl'], ['apiKey'], ['enabled'], ['syncMode']],
  );
  for (const { path, message } of issues) assert.ok(message.startsWith(path[0]), message);
  assert.deepEqual(
    issuesOf({}).map(({ path }) => path.join('.')),
    ['baseUrl', 'apiKey', 'enabled', 'syncMode'],
  );
});

const bad = {
  baseUrl: [
    ...['', '   ', null, undefined, 5, {}, 'crm.example.com', 'https://', 'http:crm.example.com'],
    ...['ftp://crm.example.com', 'javascript:alert(1)', 'file:///etc/passwd', 'https:///x'],
    ...['https://crm.example.com?x=1', 'https://crm.example.com#top', 'https://crm example.com'],
    ...['https://user:pw@crm.example.com', 'https://@crm.example.com', 'https://crm.exam\nple.com'],
  ],
  apiKey: [
    ...['', '          ', null, undefined, 1234567890, ['0123456789'], '012345678'],
    ...['01234 56789', '01234\n56789', 'schlüssel-lang', '      12345 '],
  ],
  enabled: ['true', 1, 0, null, undefined, {}],
  syncMode: [
    '',
    ' disabled',
    'DISABLED',
    'direct',
    null,
    undefined,
    0,
    ['platform'],
    'constructor',
  ],
};

for (const [field, values] of Object.entries(bad)) {
  test(`an invalid ${field} is refused`, () => {
    for (const value of values) {
      const issues = issuesOf({ ...good, [field]: value });
      assert.deepEqual(
        issues.map(({ path }) => path),
        [[field]],
        inspect(value),
      );
      assert.ok(issues[0].message.length > 10);
    }
  });
}

test('quotes and header words around a value are reported', () => {
  for (const [open, close] of ['""', "''", '“”', '„“', '«»', '``', '<>']) {
    for (const field of ['baseUrl', 'apiKey']) {
      const [issue] = issuesOf({ ...good, [field]: `${open}${good[field]}${close}` });
      assert.deepEqual(issue.path, [field]);
      assert.match(issue.message, /quotes/);
    }
  }
  for (const words of ['Bearer ', 'bearer: ', 'Authorization: Bearer ']) {
    const [issue] = issuesOf({ ...good, apiKey: words + good.apiKey });
    assert.match(issue.message, /header/);
    assert.ok(!issue.message.includes(good.apiKey));
  }
});

test('no message shows the key', () => {
  const apiKey = 'secret key';
  assert.ok(!JSON.stringify(issuesOf({ ...good, apiKey })).includes(apiKey));
});

test('a client can be made from every accepted configuration', () => {
  const urls = ['http://localhost:3000', 'https://crm.example.com/', 'https://crm.example.com/crm'];
  const keys = ['0123456789', '!~aZ.-_+/=', 'x'.repeat(2000)];
  for (const [at, baseUrl] of urls.entries()) {
    const result = validateTwentyCrmConfig({ ...good, baseUrl, apiKey: keys[at] });
    assert.ok(result.success, baseUrl);
    createTwentyCrmSyncService(result.data);
  }
});

test('no argument makes it throw', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const throwing = {
    ...good,
    get apiKey() {
      throw new Error('no');
    },
  };
  assert.deepEqual(issuesOf(throwing), [{ path: ['apiKey'], message: 'apiKey cannot be read' }]);
  assert.equal(issuesOf(proxy).length, 4);
  for (const value of [null, undefined, 'text', 5, true, Symbol('x'), 10n, [], [good]]) {
    assert.deepEqual(
      issuesOf(value).map(({ path }) => path),
      [[]],
    );
  }
  assert.equal(issuesOf(Object.create(null)).length, 4);
});

test('a value that changes between two reads is read only once', () => {
  let reads = 0;
  const shifty = {
    ...good,
    get baseUrl() {
      reads += 1;
      return reads === 1 ? good.baseUrl : 'javascript:alert(1)';
    },
  };
  assert.equal(validateTwentyCrmConfig(shifty).data.baseUrl, good.baseUrl);
});
