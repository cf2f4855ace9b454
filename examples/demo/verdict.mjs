// What must be true after each run. Every function gives the list of what is not.

/** @typedef {import('./sync.mjs').Report} Report */
/** @typedef {{ companies: Report, people: Report }} Run */
/** @typedef {{ people: number, companies: number }} Counts */
/** @typedef {{ line: number, external_id: string, field: string }} Foreseen a line that must be refused */

/**
 * Refusals that the data set does not foresee, and foreseen ones that did not happen.
 * @param {Run} run
 * @param {Foreseen[]} foreseen lines of the people file
 * @returns {string[]}
 */
export function checkRefusals({ companies, people }, foreseen) {
  const due = new Map(foreseen.map((item) => [item.line, item]));
  const problems = companies.refused.map(
    (refusal) => `company ${inWords(refusal)} was refused: ${refusal.error.message}`,
  );
  for (const refusal of people.refused) {
    if (!isDue(due, refusal.line, refusal.error)) {
      problems.push(`person ${inWords(refusal)} was refused: ${refusal.error.message}`);
    }
    due.delete(refusal.line);
  }
  for (const { line, external_id, field } of due.values()) {
    problems.push(`person "${external_id}" (line ${line}) was accepted in spite of its ${field}`);
  }
  return problems;
}

/** @param {import('./sync.mjs').Refusal} refusal */
const inWords = ({ line, externalId }) => `"${externalId}" (line ${line})`;

/**
 * Whether a refusal is one that the data set foresees.
 * @param {Map<number, Foreseen>} due
 * @param {number} line
 * @param {import('../../index.mjs').TwentyCrmError} error
 */
export const isDue = (due, line, error) => error.code === 'VALIDATION_ERROR' && due.has(line);

/**
 * The first run: as many records appeared on the server as were created.
 * @param {Run} run
 * @param {Counts} before
 * @param {Counts} after
 * @returns {string[]}
 */
export function checkFirstRun({ companies, people }, before, after) {
  const problems = [...companies.doubled, ...people.doubled];
  const newPeople = after.people - before.people;
  if (newPeople !== people.created) {
    problems.push(`${people.created} people were created, yet the server has ${newPeople} more`);
  }
  const newCompanies = after.companies - before.companies;
  const onTheWay = companiesOnTheWay({ companies, people });
  // On a server that was used before, companies that only people name may be there already.
  const most = companies.created + onTheWay;
  const least = before.companies === 0 ? most : companies.created;
  if (newCompanies < least || newCompanies > most) {
    problems.push(`at most ${most} companies are new, yet the server has ${newCompanies} more`);
  }
  return problems;
}

/**
 * Companies that are in the people file only, with a name, so that syncing a person makes them.
 * @param {Run} run
 */
export const companiesOnTheWay = ({ companies, people }) =>
  [...people.namedCompanies].filter((id) => !companies.ids.has(id)).length;

/**
 * A run that repeats another: nothing is created, and every external id is the record that it was.
 * @param {Run} first
 * @param {Run} second
 * @param {Counts} before
 * @param {Counts} after
 * @returns {string[]}
 */
export function checkRepeat(first, second, before, after) {
  const problems = [];
  for (const kind of /** @type {const} */ (['companies', 'people'])) {
    problems.push(...second[kind].doubled);
    if (second[kind].created > 0) {
      problems.push(`${second[kind].created} ${kind} were created again`);
    }
    if (after[kind] !== before[kind]) {
      problems.push(`the server had ${before[kind]} ${kind}, and has ${after[kind]} now`);
    }
    for (const [externalId, id] of first[kind].ids) {
      const now = second[kind].ids.get(externalId);
      if (now !== id) problems.push(`"${externalId}" was ${id}, and is ${now ?? 'missing'} now`);
    }
  }
  return problems;
}
