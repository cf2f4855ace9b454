// From the template's rows to flat entities: pure, and safe for any input.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import {
  ensureExternalId,
  extractCityFromLocation,
  isTwentyCrmError,
  mapClientProfileToPerson,
  mapCompanyToTwentyCompany,
} from '../index.mjs';

/** Every column that the template's client profiles have. */
const profile = Object.freeze({
  id: 'profile-1',
  userId: 'user-1',
  email: 'jane@example.com',
  name: 'Jane van der Berg',
  displayName: 'Jane',
  username: 'jane',
  bio: "Welcome! I'm a new user on this platform.",
  jobTitle: 'Product Manager',
  company: 'Acme Corp',
  industry: 'Software',
  phone: '+33 6 12 34 56 78',
  website: 'https://jane.example',
  location: 'Lyon, Auvergne-Rhône-Alpes, France',
  avatar: null,
  accountType: 'business',
  status: 'active',
  plan: 'premium',
  timezone: 'UTC',
  language: 'fr',
  twoFactorEnabled: false,
  emailVerified: true,
  totalSubmissions: 5,
  notes: null,
  tags: null,
  createdAt: new Date(0),
  updatedAt: new Date(0),
  accountProvider: 'credentials',
  isActive: true,
});

/** @param {() => unknown} work @param {string} field */
function refuses(work, field) {
  assert.throws(
    work,
    (/** @type {any} */ error) =>
      isTwentyCrmError(error) &&
      error.code === 'VALIDATION_ERROR' &&
      error.isRetryable === false &&
      error.details?.field === field,
    field,
  );
}

test('a profile without an e-mail address', () => {
  const { email: _, ...nobody } = profile;
  for (const row of [nobody, { ...nobody, email: null }, { ...nobody, email: ' ' }]) {
    refuses(() => mapClientProfileToPerson(/** @type {any} */ (row)), 'email');
    const person = mapClientProfileToPerson(/** @type {any} */ (row), { missingEmail: 'allow' });
    assert.equal('email' in person, false);
    assert.equal(person.name, profile.name);
  }
  const cleared = mapClientProfileToPerson(/** @type {any} */ ({ ...nobody, email: '' }), {
    missingEmail: 'allow',
    clearEmpty: true,
  });
  assert.equal(cleared.email, null);
  assert.equal(mapClientProfileToPerson(profile, { missingEmail: 'allow' }).email, profile.email);
});

test('a complete profile', () => {
  assert.deepEqual(mapClientProfileToPerson(profile), {
    external_id: 'profile-1',
    name: 'Jane van der Berg',
    email: 'jane@example.com',
    phone: '+33 6 12 34 56 78',
    job_title: 'Product Manager',
    website: 'https://jane.example',
    city: 'Lyon',
    account_type: 'business',
    plan: 'premium',
    total_submissions: 5,
    company_name: 'Acme Corp',
  });
});

test('a profile with only the required fields', () => {
  const bare = { id: 'p', email: 'a@b.example', name: 'A' };
  const empty = Object.fromEntries(Object.keys(profile).map((key) => [key, null]));
  const blank = Object.fromEntries(Object.keys(profile).map((key) => [key, '  ']));
  const expected = { external_id: 'p', name: 'A', email: 'a@b.example' };
  assert.deepEqual(mapClientProfileToPerson(bare), expected);
  assert.deepEqual(mapClientProfileToPerson({ ...empty, ...bare }), expected);
  assert.deepEqual(
    mapClientProfileToPerson({ ...blank, totalSubmissions: null, ...bare }),
    expected,
  );
  assert.equal(mapClientProfileToPerson({ ...bare, totalSubmissions: 0 }).total_submissions, 0);
});

test("the template's placeholders count as empty, unless told otherwise", () => {
  const fresh = { ...profile, jobTitle: 'User', company: ' Unknown ' };
  const person = mapClientProfileToPerson(fresh);
  assert.ok(!('job_title' in person) && !('company_name' in person));
  const kept = mapClientProfileToPerson(fresh, { keepPlaceholders: true });
  assert.deepEqual([kept.job_title, kept.company_name], ['User', 'Unknown']);
  const others = mapClientProfileToPerson({ ...profile, jobTitle: 'Unknown', company: 'User' });
  assert.deepEqual([others.job_title, others.company_name], ['Unknown', 'User']);
});

test('clearEmpty: empty fields are cleared, absent ones are kept', () => {
  const { phone, ...rest } = profile;
  assert.ok(phone);
  const person = mapClientProfileToPerson(
    { ...rest, website: null, location: ' , ', plan: '', jobTitle: 'User', company: null },
    { clearEmpty: true },
  );
  assert.ok(!('phone' in person) && !('company_name' in person));
  assert.deepEqual(
    [person.website, person.city, person.plan, person.job_title],
    [null, null, null, null],
  );
  const company = { id: 'c', name: 'Acme', domain: null, status: 'active' };
  assert.deepEqual(mapCompanyToTwentyCompany(company, { clearEmpty: true }), {
    external_id: 'c',
    name: 'Acme',
    domain_name: null,
    status: 'active',
  });
});

test('the name falls back to the display name and the user name', () => {
  assert.equal(mapClientProfileToPerson({ ...profile, name: ' ' }).name, 'Jane');
  assert.equal(mapClientProfileToPerson({ ...profile, name: null, displayName: '' }).name, 'jane');
});

test('a request to create a client takes id and e-mail address from the options', () => {
  const request = { userId: 'user-1', displayName: 'Jane', jobTitle: 'CTO', location: 'Lyon' };
  assert.deepEqual(
    mapClientProfileToPerson(request, { externalId: 'profile-1', email: 'jane@example.com' }),
    {
      external_id: 'profile-1',
      name: 'Jane',
      email: 'jane@example.com',
      job_title: 'CTO',
      city: 'Lyon',
    },
  );
  refuses(() => mapClientProfileToPerson(request, { email: 'jane@example.com' }), 'id');
  refuses(() => mapClientProfileToPerson(request, { externalId: 'profile-1' }), 'email');
});

test('the company of a client', () => {
  const linked = mapClientProfileToPerson(profile, { companyExternalId: 'company-1' });
  assert.equal(linked.company_external_id, 'company-1');
  const unlinked = mapClientProfileToPerson(profile, { companyExternalId: null });
  assert.equal(unlinked.company_external_id, null);
  assert.ok(!('company_external_id' in mapClientProfileToPerson(profile)));
  refuses(() => mapClientProfileToPerson(profile, { companyExternalId: ' ' }), 'companyExternalId');
});

test('a company row', () => {
  const row = Object.freeze({
    id: ' company-1 ',
    name: 'Acme Corp',
    website: 'https://acme.example',
    domain: 'acme.example',
    slug: 'acme',
    status: 'active',
    createdAt: new Date(0),
    updatedAt: new Date(0),
  });
  assert.deepEqual(mapCompanyToTwentyCompany(row), {
    external_id: 'company-1',
    name: 'Acme Corp',
    domain_name: 'acme.example',
    website: 'https://acme.example',
    status: 'active',
  });
  assert.deepEqual(
    mapCompanyToTwentyCompany({ id: 'c', name: 'A', website: null, domain: '', status: null }),
    { external_id: 'c', name: 'A' },
  );
});

test('both mappers can be passed to map()', () => {
  const [person] = [profile].map(mapClientProfileToPerson);
  assert.equal(person.external_id, 'profile-1');
  const [company] = [{ id: 'c', name: 'A' }].map(mapCompanyToTwentyCompany);
  assert.equal(company.name, 'A');
});

test('the same row gives an equal entity, each time a new object', () => {
  const first = mapClientProfileToPerson(profile);
  first.name = 'changed';
  assert.equal(mapClientProfileToPerson(profile).name, 'Jane van der Berg');
});

test('ids', () => {
  assert.equal(ensureExternalId(' abc\n', 'ClientProfile'), 'abc');
  assert.equal(ensureExternalId('Ünï-😀', 'Company'), 'Ünï-😀');
  for (const id of [null, undefined, '', ' \t', 5, 10n, {}, ['a'], Symbol('x')]) {
    refuses(() => ensureExternalId(id, 'Company'), 'id');
  }
  const message = 'Company ID is required for external_id mapping';
  assert.throws(() => ensureExternalId(null, 'Company'), { message });
  refuses(() => ensureExternalId(null, Object.create(null)), 'id');
});

test('cities', () => {
  const locations = [
    ['San Francisco', 'San Francisco'],
    ['San Francisco, CA', 'San Francisco'],
    [' São Paulo , SP, Brazil', 'São Paulo'],
    ["L'Aquila,Italy", "L'Aquila"],
    ['', null],
    ['   ', null],
    [', CA', null],
    [null, null],
    [undefined, null],
    [5, null],
    [{ split: () => ['x'] }, null],
  ];
  for (const [location, city] of locations) {
    assert.equal(extractCityFromLocation(location), city, inspect(location));
  }
});

test('hostile input ends in an error that names the problem', () => {
  for (const nothing of [null, undefined, 'text', 5, true, Symbol('x'), () => {}]) {
    refuses(() => mapClientProfileToPerson(nothing), 'ClientProfile');
    refuses(() => mapCompanyToTwentyCompany(nothing), 'Company');
  }
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  refuses(() => mapClientProfileToPerson(proxy), 'id');
  refuses(() => mapCompanyToTwentyCompany(proxy), 'id');
  refuses(() => mapClientProfileToPerson(profile, proxy), 'options');
  refuses(() => mapClientProfileToPerson([]), 'id');
  refuses(() => mapCompanyToTwentyCompany({}), 'id');

  const texts = ['id', 'email', 'name', 'jobTitle', 'company', 'phone', 'website', 'location'];
  for (const field of [...texts, 'accountType', 'plan']) {
    for (const value of [5, 10n, {}, [], true, Symbol('x'), () => {}]) {
      refuses(() => mapClientProfileToPerson({ ...profile, [field]: value }), field);
    }
    const throwing = Object.defineProperty({ ...profile }, field, {
      get() {
        throw new TypeError('no');
      },
    });
    refuses(() => mapClientProfileToPerson(throwing), field);
  }
  for (const value of ['5', 10n, Number.NaN, Number.POSITIVE_INFINITY, {}, []]) {
    refuses(
      () => mapClientProfileToPerson({ ...profile, totalSubmissions: value }),
      'totalSubmissions',
    );
  }
  for (const field of ['id', 'name', 'website', 'domain', 'status']) {
    refuses(() => mapCompanyToTwentyCompany({ id: 'c', name: 'A', [field]: 5 }), field);
  }
});
