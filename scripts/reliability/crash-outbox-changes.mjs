// The changes of the crash suite. Change number n of a seed is always the same.

/** A number from 0 to 1 for a seed and a position. @param {number} seed @param {number} place */
export function randomAt(seed, place) {
  let x = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(place + 1, 0xc2b2ae35)) | 0;
  for (const factor of [0x2c1b3c6d, 0x297a2d39]) x = Math.imul(x ^ (x >>> 15), factor);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
}

/** Fields of people that a change may leave out, set or clear. */
const FIELDS = /** @type {const} */ (['job_title', 'city', 'plan']);

/**
 * @param {number} seed
 * @param {number} number
 * @param {{ people: number, companies: number }} records
 * @returns {{ entity: 'person' | 'company', input: any }}
 */
export function changeAt(seed, number, { people, companies }) {
  /** @param {number} what */
  const random = (what) => randomAt(seed, number * 16 + what);
  if (random(0) < 0.2) {
    const id = Math.floor(random(1) * companies);
    return {
      entity: 'company',
      input: { external_id: `c${id}`, name: `Company ${id} of ${number}`, status: `s${number}` },
    };
  }
  const id = Math.floor(random(1) * people);
  /** @type {any} */
  const input = {
    external_id: `p${id}`,
    name: `Person${number} Nr${id}`,
    email: `p${id}@crash.example`,
    // For the same record, a larger number is a later change.
    total_submissions: number,
    company_external_id: `c${id % companies}`,
    // If the company was not enqueued yet.
    company_name: `Company ${id % companies}`,
  };
  for (const [at, field] of FIELDS.entries()) {
    const what = random(2 + at);
    if (what < 0.3) input[field] = `${field} ${number}`;
    else if (what < 0.35) input[field] = null;
  }
  return { entity: 'person', input };
}
