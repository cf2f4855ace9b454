// An address that somebody added to a person in Twenty as an additional one: no second person is created in silence.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTwentyCrmSyncService } from '../../index.mjs';
import { newPerson } from '../helpers/crm.mjs';
import { withSim } from '../helpers/sim.mjs';

/** Writes a person alone, or in a run. */
const WAYS = {
  /** @param {any} service @param {object[]} people */
  async alone(service, people) {
    const statuses = [];
    for (const person of people) {
      const { created, updated } = await service.upsertPerson(person);
      statuses.push(created ? 'created' : updated ? 'updated' : 'unchanged');
    }
    return statuses;
  },
  /** @param {any} service @param {object[]} people */
  async 'in a run'(service, people) {
    const statuses = [];
    for await (const { status, error } of service.syncPersons(people)) {
      statuses.push(error?.details.reason ?? status);
    }
    return statuses;
  },
};

/** @param {string} primary @param {string[]} additional @param {object} [more] */
const row = (primary, additional, more) => ({
  name: { firstName: 'Typed', lastName: 'By Hand' },
  emails: { primaryEmail: primary, additionalEmails: additional },
  ...more,
});

/**
 * A simulator of its own, because the state of a workspace is cached for a while.
 * @param {object[]} rows
 * @param {(crm: { sim: any, warnings: any[], service: (options?: object) => any, people: () => Promise<any[]> }) =>
 * Promise<void>} work
 */
const withPeople = (rows, work) =>
  withSim({ preset: 'provisioned' }, async (sim) => {
    await sim.seed({ people: rows });
    /** @type {any[]} */
    const warnings = [];
    /** @param {object} [options] */
    const service = (options) =>
      createTwentyCrmSyncService(
        { baseUrl: sim.baseUrl, apiKey: sim.apiKey },
        { onWarning: (warning) => warnings.push(warning), ...options },
      );
    await work({ sim, warnings, service, people: () => sim.records('people') });
  });

for (const [how, write] of Object.entries(WAYS)) {
  test(`${how}: an unclaimed row is linked, and its addresses stay`, async () => {
    const emails = ['jane@work.example', ['other@x.example', 'jane_doe@home.example']];
    await withPeople([row(emails[0], emails[1])], async ({ warnings, service, people }) => {
      const person = newPerson({ email: 'Jane_Doe@Home.example', job_title: 'Clerk' });
      assert.deepEqual(await write(service(), [person]), ['updated']);
      const check = async (/** @type {string} */ name) => {
        const [only, ...none] = await people();
        assert.equal(none.length, 0, 'no second person');
        assert.equal(only.externalId, person.external_id);
        assert.equal(only.jobTitle, 'Clerk');
        assert.equal(only.name.firstName, name);
        assert.equal(only.emails.primaryEmail, emails[0]);
        assert.deepEqual(only.emails.additionalEmails, emails[1]);
      };
      await check('Typed');
      assert.deepEqual(
        warnings.map(({ reason }) => reason),
        ['linked'],
      );
      // The next writes set all its fields except its primary address, from another process, too.
      const again = service();
      await write(again, [person]);
      again.clearCache();
      await write(again, [{ ...person, city: 'Bonn' }]);
      await check('Jane');
      assert.ok(warnings.some(({ reason }) => reason === 'additional_email'));
    });
  });

  test(`${how}: adopt writes all fields but the address, report fails`, async () => {
    const rows = [row('jane@work.example', ['jane@home.example'])];
    await withPeople(rows, async ({ service, people }) => {
      const person = newPerson({ email: 'jane@home.example' });
      const report = service({ collisions: { unclaimedMatch: 'report' } });
      if (how === 'alone') await assert.rejects(write(report, [person]), /already belongs to row/);
      else assert.deepEqual(await write(report, [person]), ['COLLISION']);
      const adopt = service({ collisions: { unclaimedMatch: 'adopt' } });
      assert.deepEqual(await write(adopt, [person]), ['updated']);
      const [only, ...none] = await people();
      assert.equal(none.length, 0);
      assert.equal(only.name.firstName, 'Jane');
      assert.equal(only.emails.primaryEmail, 'jane@work.example');
    });
  });

  test(`${how}: for claimed rows and several matches there is a warning, and the person is created with the address`, async () => {
    const rows = [
      row('a@work.example', ['a@home.example'], { externalId: 'someone' }),
      row('b@work.example', ['b@home.example']),
      row('c@work.example', ['b@home.example']),
      row('d@work.example', ['d@home.example'], { deletedAt: '2026-01-01T00:00:00.000Z' }),
    ];
    await withPeople(rows, async ({ warnings, service, people }) => {
      const persons = ['a', 'b', 'd'].map((name) => newPerson({ email: `${name}@home.example` }));
      assert.deepEqual(await write(service(), persons), ['created', 'created', 'created']);
      const made = await people();
      for (const { external_id, email } of persons) {
        const own = made.find(({ externalId }) => externalId === external_id);
        assert.equal(own.emails.primaryEmail, email);
      }
      assert.deepEqual(
        warnings.map(({ reason, field, externalId, otherExternalId }) => [
          ...[reason, field, externalId, otherExternalId],
        ]),
        [
          ['additional_email', 'email', persons[0].external_id, 'someone'],
          ['additional_email', 'email', persons[1].external_id, undefined],
        ],
      );
      assert.match(warnings[1].message, /additional address of row .* and row /);
    });
  });

  test(`${how}: only the complete address counts`, async () => {
    const rows = [row('x@work.example', ['janeXdoe@home.example', 'mary-jane@home.example'])];
    await withPeople(rows, async ({ warnings, service, people }) => {
      const persons = ['jane_doe', 'jane', '%'].map((name) =>
        newPerson({ email: `${name}@home.example` }),
      );
      assert.deepEqual(await write(service(), persons), ['created', 'created', 'created']);
      assert.equal((await people()).length, 4);
      assert.deepEqual(warnings, []);
    });
  });
}

test('they are read once for all, and not for known people', async () => {
  await withPeople([row('x@work.example', ['y@home.example'])], async ({ sim, service }) => {
    const readings = async () => {
      const log = await sim.log();
      return log.filter((/** @type {any} */ { body }) => body.includes('FurtherEmails')).length;
    };
    const people = Array.from({ length: 450 }, () => newPerson());
    await service().syncPersons(people);
    await service().upsertPerson(newPerson());
    await service({ namespace: 'other' }).upsertPerson(newPerson());
    assert.ok((await readings()) <= 1);
  });
});

test('a server that does not list them: people are written anyway, with one warning', async () => {
  await withPeople([], async ({ sim, warnings, service, people }) => {
    await sim.addFaults({
      method: 'POST',
      path: '/graphql',
      nth: 1,
      action: {
        type: 'status',
        status: 200,
        body: { data: { people: null }, errors: [{ message: 'no', extensions: {} }] },
      },
    });
    await service().upsertPerson(newPerson());
    await service().syncPersons([newPerson(), newPerson()]);
    assert.equal((await people()).length, 3);
    assert.deepEqual(
      warnings.map(({ reason }) => reason),
      ['additional_emails_unread'],
    );
  });
});
