import { compact, slug, unique } from './text.mjs';

/** @typedef {ReturnType<typeof import('./random.mjs').createRandom>} Random */

const list = (text) => text.split(',').map((item) => item.trim());

/** Legal forms and trades by region; `{n}` is the invented name. */
const styles = [
  [
    26,
    {
      trades: list('Optik, Maschinenbau, Bäckerei, Gartenbau, Verlag, Logistik, Möbel, Druckerei'),
      forms: list('{n} GmbH, {n} AG, {n} GmbH & Co. KG, {n} e. K., {n} UG (haftungsbeschränkt)'),
    },
  ],
  [
    16,
    {
      trades: list('Pâtisserie, Conseil, Éditions, Menuiserie, Hôtel, Énergie, Café, Vélos'),
      forms: list('{n} SARL, {n} S.A.S., Sté {n}, {n} & Fils, {n}'),
    },
  ],
  [
    22,
    {
      trades: list(
        'Analytics, Roofing, Coffee, Robotics, Legal, Fitness, Outfitters, Media, Dental',
      ),
      forms: list('{n} Inc., {n} LLC, {n}, The {n} Co., {n} Corp, {n} Ltd, {n} & Sons Inc.'),
    },
  ],
  [
    8,
    {
      trades: list('Bloemen, Scheepvaart, Ontwerp, Fietsen'),
      forms: list("{n} B.V., {n} N.V., 't {n}"),
    },
  ],
  [
    8,
    {
      trades: list('Cerámica, Diseño, Panadería, Ingeniería'),
      forms: list('{n} S.L., {n} S.A., Hermanos {n}'),
    },
  ],
  [
    6,
    {
      trades: list('Ceramiche, Gioielli, Caffè, Officina'),
      forms: list('{n} S.r.l., {n} S.p.A., Fratelli {n}'),
    },
  ],
  [
    6,
    {
      trades: list('Żegluga, Księgarnia, Usługi, Sklep'),
      forms: list('{n} Sp. z o.o., {n} S.A., {n} s.c.'),
    },
  ],
  [4, { trades: list('Şeker, Gıda, İnşaat'), forms: list('{n} A.Ş., {n} Ltd. Şti.') }],
  [4, { trades: list('Bygg, Fiske, Møbler'), forms: list('{n} AB, {n} ApS, {n} AS, {n} Oy') }],
];
const roots = list(
  'Kranich, Nordlicht, Aurora, Blue Fern, Silberpfad, Lumière, Quercus, Zwölf, Mistral, Hollow Oak, Tramontana, Ørsten, Papaya, Vela, Kestrel, Brindle, Süßkind, Cœur, Marée, Tessera, Żubr, Piñata, Zephyr, Ninebark, Falke, Halcyon, Corvid, Juniper, Élan, Basalt, Fjordlys, Caracol, Umbra, Solène, Wacholder, Ålgård, Trèfle, Öko, Tangram, Lapis',
);
/** Names in other scripts, with the word for their domain. */
const foreign = [
  ['株式会社さくら製作所', 'sakura-works'],
  ['有限会社みどり', 'midori'],
  ['株式会社髙橋商店', 'takahashi-shoten'],
  ['上海蓝鲸科技有限公司', 'bluewhale'],
  ['北京云杉软件', 'yunshan'],
  ['臺灣茶業股份有限公司', 'taiwan-tea'],
  ['주식회사 한빛소프트', 'hanbit'],
  ['ООО «Ромашка»', 'romashka'],
  ['АО «Северный ветер»', 'northwind-ru'],
  ['ТОВ «Калина»', 'kalyna'],
  ['شركة النخيل للتجارة', 'alnakheel'],
  ['مؤسسة القمر', 'alqamar'],
  ['מאפיית השדרה', 'hasdera'],
  ['Ζαχαροπλαστείο Η Ελένη', 'eleni-sweets'],
  ['भारत मसाला प्राइवेट लिमिटेड', 'bharat-masala'],
  ['บริษัท ช้างน้อย จำกัด', 'changnoi'],
  ['🌵 Kaktus Studio', 'kaktus-studio'],
  ['«Guillemets» & "Quotes" Ltd', 'guillemets'],
  ["L'Étoile d'Or", 'letoiledor'],
  ['3×3=9 Mathe-Nachhilfe', 'dreimaldrei'],
];
const sharedHosts = [
  'https://www.facebook.com/example.{s}',
  'facebook.com/example.{s}/',
  'https://linktr.ee/example-{s}',
  'https://example-{s}.github.io',
  'https://instagram.com/example_{s}',
  'https://sites.google.com/view/example-{s}',
];

/** One domain, in different people's spelling. */
const spellings = [
  [30, (d) => d],
  [18, (d) => `https://${d}`],
  [14, (d) => `https://www.${d}/`],
  [10, (d) => `https://www.${d}`],
  [8, (d) => `www.${d}`],
  [6, (d) => `http://${d}/`],
  [4, (d) => d.toUpperCase()],
  [3, (d) => `HTTPS://WWW.${d.toUpperCase()}/`],
  [3, (d) => `  ${d} `],
  [2, (d) => `https://${d}:443/`],
  [2, (d) => `${d}/`],
];

/**
 * A new name, and its host label.
 * @param {Random} r
 * @param {Set<string>} taken
 */
function inventName(r, taken) {
  for (let tries = 0; ; tries += 1) {
    const style = r.weighted(styles);
    const core = `${r.pick(roots)} ${r.pick(style.trades)}`;
    const stem = r.chance(0.15) ? `${r.pick(roots)} & ${core}` : core;
    // A large data set uses up the pool: then branches get numbers.
    const branch = tries > 20 ? ` ${r.int(2, 99_999)}` : '';
    const name = r.pick(style.forms).replace('{n}', stem) + branch;
    const host = slug(stem + branch);
    if (!taken.has(name) && !taken.has(host)) return [name, host];
  }
}

/** @param {Random} r @param {string} domain @param {string} name */
function domainAsTyped(r, domain, name) {
  const kind = r.weighted([
    [78, 'own'],
    [5, 'shared'],
    [3, 'path'],
    [5, 'null'],
    [7, 'absent'],
    [2, 'empty'],
  ]);
  if (kind === 'own') return r.weighted(spellings)(domain);
  if (kind === 'shared')
    return r.pick(sharedHosts).replace('{s}', slug(name) || domain.split('.')[0]);
  if (kind === 'path') return `https://${domain}/de/impressum?utm_source=example`;
  if (kind === 'null') return null;
  return kind === 'empty' ? '' : undefined;
}

const status = (r) =>
  r.weighted([
    [62, 'active'],
    [18, 'inactive'],
    [5, 'Active'],
    [6, null],
    [9, undefined],
  ]);

const website = (r, domain) =>
  r.weighted([
    [40, `https://${domain}`],
    [15, domain],
    [8, `http://www.${domain}/`],
    [5, `https://${domain}/über-uns`],
    [12, null],
    [20, undefined],
  ]);

const externalId = (r, n) =>
  r.weighted([
    [60, r.uuid()],
    [25, `org_${1000 + n}`],
    [10, `company-${r.hex(8)}`],
    [3, `org/${n}`],
    [2, `Firma Nr. ${n}`],
  ]);

/**
 * @param {Random} r
 * @param {number} count lines in total, including second spellings of the same company
 */
export function makeCompanies(r, count) {
  const ids = new Set();
  const names = new Set();
  const doubles = Math.round(count * 0.06);
  const rows = [];

  for (let n = 0; n < count - doubles; n += 1) {
    const [name, host] = n < foreign.length ? foreign[n] : inventName(r, names);
    names.add(name).add(host);
    const label = n > 0 && n % 130 === 0 ? `käserei-${host}` : host;
    const typed = r.chance(0.06) ? name.toUpperCase() : name;
    const domain = `${label}.${n % 11 === 0 ? 'test' : 'example'}`;
    rows.push({
      domain,
      row: compact({
        external_id: unique(ids, externalId(r, n), '-'),
        name: r.chance(0.05) ? ` ${typed.replace(' ', '  ')} ` : typed,
        domain_name: domainAsTyped(r, domain, name),
        website: website(r, domain),
        status: status(r),
      }),
    });
  }

  // The same company under two ids: another spelling of the name and of the domain.
  const owners = rows.filter(({ row, domain }) => isOwn(row.domain_name, domain));
  let sharedDomains = 0;
  for (let n = 0; n < doubles; n += 1) {
    const { row, domain } = owners[Math.floor((n * owners.length) / doubles)];
    sharedDomains += 1;
    rows.splice(r.int(0, rows.length), 0, {
      domain,
      row: compact({
        external_id: unique(ids, externalId(r, count + n), '-'),
        name: r.pick([
          row.name.toUpperCase(),
          row.name.trim().split(' ').slice(0, 2).join(' '),
          `${row.name.trim()} (alt)`,
        ]),
        domain_name: r.pick([
          `https://www.${domain}/`,
          `http://${domain}`,
          `www.${domain}`,
          domain,
        ]),
        status: status(r),
      }),
    });
  }
  return {
    rows: rows.map(({ row }) => row),
    domains: rows.map(({ domain }) => domain),
    sharedDomains,
  };
}

const isOwn = (typed, domain) =>
  typeof typed === 'string' && typed.toLowerCase().includes(domain) && !typed.includes('impressum');
