import { locales, wholeNames } from './locales.mjs';
import { phone } from './phones.mjs';
import { compact, slug, unique } from './text.mjs';

/** @typedef {ReturnType<typeof import('./random.mjs').createRandom>} Random */

const titles = [
  'CEO',
  'Geschäftsführerin',
  'Founder & CEO 🚀',
  'Head of Marketing',
  'Directeur général',
  'Sales Manager',
  'Software Engineer',
  'Responsable des achats',
  'Prokurist',
  '代表取締役',
  'Product Manager',
  'Inhaber',
  'Office Manager / Buchhaltung',
  'Менеджер',
  'CTO',
  'Jefa de compras',
  'Consultant (freelance)',
  'Dyrektor ds. rozwoju',
  'VP, Sales & Partnerships',
  'مدير المبيعات',
  'Azubi',
  'N/A',
];
const mailHosts = [
  'mail.example',
  'post.example',
  'inbox.test',
  'example.com',
  'example.org',
  'example.net',
];

/** Ids that are difficult for query languages, URLs and maps; all of these occur in practice. */
const oddIds = [
  'a)b(',
  'user|4711',
  'auth0|65f2c0ffee',
  "it's-me",
  'say "hi"',
  'x,y,z',
  '100%',
  'ünïcode-7',
  '🦊-17',
  'id with blanks',
  'C:\\crm\\42',
  '<b>7</b>',
  '{}[]',
  "'; DROP TABLE people;--",
  'a=b&c=d',
  '../../42',
  'null',
  'undefined',
  '0',
  '-1',
  'AbC-1',
  'abc-1',
  '客户-88',
  'عميل-9',
  'filter[id][eq]=x',
  'id#part?x=1',
  '+49',
  `long-${'0123456789'.repeat(12)}`,
  '%2e%2e',
  '$where',
  '__proto__',
  'constructor',
];

const badEmails = [
  'no-at-sign.example',
  'jane@',
  '@mail.example',
  'jane doe@mail.example',
  'jane@@mail.example',
  'jane..doe@mail.example',
  'jane@mail..example',
  'jane at mail dot example',
  '',
  '   ',
  'jane@mail.example, john@mail.example',
  'jane.@mail.example',
  'n/a',
  'mailto:jane@mail.example',
];

/** Companies that people name, but that are not in the company file. */
const absentNamed = [
  'Weingut am Hang',
  'Café Zwischenhalt',
  'Harbour & Pine',
  'Atelier Bleu Nuit',
  'Studio Tre Colli',
  '山猫書房',
  'Bike Kitchen e. V.',
  'Molino del Río S.L.',
  "O'Hara's Bakehouse",
  'Кафе «Птица»',
  'Lütt Matten',
  'Vier Jahreszeiten?',
];

/** @param {Random} r */
function pickName(r) {
  if (r.chance(0.012)) {
    const [name, mail] = r.pick(wholeNames);
    return { name, mail, country: 'DE', cities: locales.de.cities };
  }
  const locale = r.weighted(Object.values(locales).map((l) => [l.weight, l]));
  const first = r.pick(locale.first);
  const last = r.pick(locale.last);
  const [givenName, givenMail] = Array.isArray(first) ? first : [first, slug(first)];
  const [familyName, familyMail] = Array.isArray(last) ? last : [last, slug(last)];
  const glue = locale.glue ?? ' ';
  const name = locale.lastFirst ? `${familyName}${glue}${givenName}` : `${givenName} ${familyName}`;
  const local = r.weighted([
    [50, `${givenMail}.${familyMail}`],
    [15, `${givenMail[0]}.${familyMail}`],
    [10, `${givenMail}_${familyMail}`],
    [10, `${familyMail}`],
    [6, `${givenMail}.${familyMail}+crm`],
    [4, `${givenMail[0]}${familyMail}${r.int(60, 99)}`],
    [5, givenMail],
  ]);
  const mail = familyName.includes("'") && r.chance(0.3) ? `${givenMail}.o'${familyMail}` : local;
  const written = locale.lastFirst ? name : asTyped(r, givenName, familyName, name);
  return { name: written, mail, country: locale.country, cities: locale.cities };
}

/** @param {Random} r */
function asTyped(r, first, last, name) {
  return r.weighted([
    [80, name],
    [6, `${last}, ${first}`],
    [3, `${first}  ${last}`],
    [2, ` ${name} `],
    [2, name.toUpperCase()],
    [1.5, name.toLowerCase()],
    [1.2, first],
    [1.2, name.normalize('NFD')],
    [0.8, `${first}\u00a0${last}`],
    [0.8, `Dr. ${name}`],
    [0.6, `${first}\u200b ${last}`],
    [0.6, `${name} 🌻`],
    [0.3, `${first} "Mausi" ${last}`],
  ]);
}

/** @param {Random} r @param {string} email */
const emailAsTyped = (r, email) =>
  r.weighted([
    [88, email],
    [5, email.toUpperCase()],
    [3, ` ${email} `],
    [2, email[0].toUpperCase() + email.slice(1)],
    [2, `${email}\t`],
  ]);

const accountType = (r) =>
  r.weighted([
    [50, 'individual'],
    [30, 'business'],
    [8, 'enterprise'],
    [3, 'Business'],
    [4, null],
    [5, undefined],
  ]);
const plan = (r) =>
  r.weighted([
    [55, 'free'],
    [25, 'standard'],
    [12, 'premium'],
    [3, null],
    [5, undefined],
  ]);
const submissions = (r) =>
  r.weighted([
    [40, r.int(0, 9)],
    [20, 0],
    [20, r.int(10, 400)],
    [8, null],
    [12, undefined],
  ]);

const website = (r, mail, domain) =>
  r.weighted([
    [55, undefined],
    [12, null],
    [10, `https://www.linkedin.com/in/example-${slug(mail)}`],
    [8, `${slug(mail)}.example`],
    [8, `https://${slug(mail)}.example/portfolio/`],
    [4, `HTTP://${slug(mail).toUpperCase()}.EXAMPLE`],
    [3, domain === undefined ? '' : `https://${domain}/team`],
    [1, r.pick(['n/a', 'coming soon', '-', 'http://', 'instagram: @example'])],
  ]);

const externalId = (r, n) =>
  r.weighted([
    [58, r.uuid()],
    [22, `cli_${100 + n}`],
    [10, `${10_000 + n * 7}`],
    [6, `usr-${r.hex(10)}`],
    [4, `user:${n}@directory`],
  ]);

/**
 * @param {Random} r
 * @param {number} count lines in total
 * @param {{ rows: { external_id: string, name: string }[], domains: string[] }} companies
 */
export function makePeople(r, count, companies) {
  const ids = new Set(oddIds);
  const mails = new Set();
  const named = absentNamed.map((name, n) => ({
    name,
    id: n % 3 === 0 ? r.uuid() : `org_9${n}00`,
  }));
  const nameless = Array.from({ length: 8 }, (_, n) => (n % 2 === 0 ? r.uuid() : `org_lost_${n}`));

  function makeOne(external_id) {
    const who = pickName(r);
    const company = r.weighted([
      [34, 'none'],
      [12, 'name only'],
      [30, 'id and name'],
      [20, 'id'],
      [2.2, 'absent, named'],
      [1.4, 'absent, nameless'],
    ]);
    const row = r.int(0, companies.rows.length - 1);
    const known = companies.rows[row];
    const missing = r.pick(named);
    const atWork =
      company.startsWith('id') && !companies.domains[row].includes('ä') && r.chance(0.6);
    const host = atWork ? companies.domains[row] : r.pick(mailHosts);
    let email = `${who.mail}@${host}`;
    for (let k = 2; mails.has(email); k += 1) email = `${who.mail}${k}@${host}`;
    mails.add(email);
    /** @type {Record<string, unknown>} */
    const person = {
      external_id,
      name: who.name,
      email: emailAsTyped(r, email),
      phone: phone(r, who.country),
      job_title: r.weighted([
        [60, r.pick(titles)],
        [12, null],
        [25, undefined],
        [3, ''],
      ]),
      website: website(r, who.mail, atWork ? host : undefined),
      city: r.weighted([
        [70, r.pick(who.cities)],
        [10, null],
        [20, undefined],
      ]),
      account_type: accountType(r),
      plan: plan(r),
      total_submissions: submissions(r),
    };
    if (company === 'name only' || company === 'id and name')
      person.company_name = known.name.trim();
    if (company.startsWith('id')) person.company_external_id = known.external_id;
    if (company === 'absent, named') {
      person.company_name = r.chance(0.2) ? missing.name.toUpperCase() : missing.name;
      person.company_external_id = missing.id;
    }
    if (company === 'absent, nameless') person.company_external_id = r.pick(nameless);
    if (company === 'none' && r.chance(0.3)) person.company_external_id = null;
    return compact(person);
  }

  const twice = 8;
  const sharedEmails = 16;
  const base = count - twice - sharedEmails;
  const people = Array.from({ length: base }, (_, n) =>
    makeOne(n < oddIds.length ? oddIds[n] : unique(ids, externalId(r, n), '-')),
  );
  shuffle(r, people);

  /** @type {Map<object, string>} what must be refused, and the field that is to blame */
  const refused = new Map();
  const step = Math.floor(base / (badEmails.length + 3));
  badEmails.forEach((email, n) => {
    const person = people[step * (n + 1)];
    person.email = email;
    refused.set(person, 'email');
  });
  const nul = people[step * (badEmails.length + 1)];
  nul.job_title = 'Sales\u0000Manager';
  refused.set(nul, 'job_title');
  const anonymous = people[step * (badEmails.length + 2)];
  anonymous.external_id = '';
  refused.set(anonymous, 'external_id');

  // A second profile of the same person: its own id, the same address in another spelling.
  for (let n = 0; n < sharedEmails; n += 1) {
    const first = pickAccepted(r, people, refused);
    const email = String(first.email).trim();
    const second = makeOne(unique(ids, externalId(r, base + n), '-'));
    second.name = r.pick([first.name, String(first.name).toUpperCase()]);
    second.email = r.pick([email.toLowerCase(), email.toUpperCase(), ` ${email}`]);
    people.splice(r.int(0, people.length), 0, second);
  }
  // The same profile exported twice, hundreds of lines apart, with a change in between.
  for (let n = 0; n < twice; n += 1) {
    const first = pickAccepted(r, people.slice(0, base >> 1), refused);
    people.push({ ...first, plan: 'premium', total_submissions: r.int(400, 900) });
  }

  const linked = new Set(people.filter((p) => !refused.has(p)).map((p) => p.company_external_id));
  return {
    rows: people,
    refused: people.flatMap((p, n) =>
      refused.has(p) ? [{ line: n + 1, external_id: p.external_id, field: refused.get(p) }] : [],
    ),
    sharedEmails,
    companiesMadeOnTheWay: named.filter(({ id }) => linked.has(id)).length,
    namelessCompanies: nameless.filter((id) => linked.has(id)).length,
  };
}

function pickAccepted(r, people, refused) {
  for (;;) {
    const person = r.pick(people);
    if (!refused.has(person)) return person;
  }
}

function shuffle(r, items) {
  for (let n = items.length - 1; n > 0; n -= 1) {
    const other = r.int(0, n);
    [items[n], items[other]] = [items[other], items[n]];
  }
}
