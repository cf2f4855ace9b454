// A server on which a scenario is played: the outcome of each step, and the rows at the end, without values that differ
// between servers (times, positions, authors).
import { createHash } from 'node:crypto';
import { createTwentyCrmSyncService } from '../../../index.mjs';

/** @typedef {import('./scenario.mjs').Step} Step */
/** @typedef {import('./scenario.mjs').Plural} Plural */

const COMPARED = {
  people: [
    ...['externalId', 'name', 'emails', 'phones', 'jobTitle', 'companyId', 'city', 'website'],
    ...['accountType', 'planCustom', 'totalSubmissions'],
  ],
  companies: ['externalId', 'name', 'domainName', 'website', 'status'],
};
/** Deleted rows are listed only if a filter names `deletedAt`. */
const ALL_ROWS = 'or(deletedAt[is]:NULL,deletedAt[is]:NOT_NULL)';

/** An id that is the same in the same place on every server. @param {string} text */
function fixedId(text) {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** @param {any} error */
const errorOf = (error) => {
  const { code, status, message, isRetryable, details } = error;
  if (code === undefined) throw error;
  const { reason, field, fields, crmId } = details ?? {};
  return { code, status, isRetryable, message, reason, field, fields, crmId };
};

/** @param {any[]} warnings */
const warningsOf = (warnings) =>
  warnings.map(({ field, reason, externalId, otherExternalId, crmId }) =>
    [field, reason, externalId, otherExternalId, crmId].filter(Boolean).join(' '),
  );

export class ComparedServer {
  /** @type {ReturnType<typeof createTwentyCrmSyncService> | undefined} */
  #service;
  /** @type {any[]} */
  #warnings = [];

  /** @param {{ baseUrl: string, apiKey: string }} config */
  constructor(config) {
    this.config = config;
  }

  /**
   * A request from somebody other than this package.
   * @param {string} method @param {string} path @param {unknown} [body]
   */
  async #ask(method, path, body) {
    const response = await fetch(`${this.config.baseUrl}/rest/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.config.apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  /** Every row, deleted ones included. @param {Plural} plural @returns {Promise<any[]>} */
  async #all(plural) {
    const filter = encodeURIComponent(ALL_ROWS);
    const { status, body } = await this.#ask('GET', `${plural}?limit=200&filter=${filter}`);
    if (status !== 200) throw new Error(`listing ${plural}: ${status} ${JSON.stringify(body)}`);
    return body.data[plural];
  }

  /** The rows in an order that is the same on every server. @param {Plural} plural @returns {Promise<any[]>} */
  async rows(plural) {
    const rows = await this.#all(plural);
    return rows
      .map((row) => ({
        id: row.id,
        ...Object.fromEntries(COMPARED[plural].map((name) => [name, row[name]])),
        isDeleted: row.deletedAt !== null,
      }))
      .sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** How many rows there are. */
  async count() {
    return (await this.#all('people')).length + (await this.#all('companies')).length;
  }

  async empty() {
    for (const plural of /** @type {const} */ (['people', 'companies'])) {
      for (const { id } of await this.#all(plural)) await this.#ask('DELETE', `${plural}/${id}`);
    }
    this.#service = undefined;
  }

  /** @param {Step} step @param {string} name What is unique to this step. */
  play(step, name) {
    return step.by === 'somebody' ? this.#somebody(step, name) : this.#site(step);
  }

  /** @param {Extract<Step, { by: 'somebody' }>} step @param {string} name */
  async #somebody(step, name) {
    const { plural } = step;
    if (step.does === 'create') {
      const body = { id: fixedId(name), ...step.fields };
      return this.#refusal(await this.#ask('POST', plural, body));
    }
    const rows = await this.rows(plural);
    if (rows.length === 0) return 'nothing there';
    const { id } = rows[step.at % rows.length];
    if (step.does === 'edit') {
      return this.#refusal(await this.#ask('PATCH', `${plural}/${id}`, step.fields));
    }
    if (step.does === 'delete') {
      return this.#refusal(await this.#ask('DELETE', `${plural}/${id}?soft_delete=true`));
    }
    if (step.does === 'destroy') return this.#refusal(await this.#ask('DELETE', `${plural}/${id}`));
    if (step.does === 'restore') {
      const path = `restore/${plural}?filter=id[eq]:${id}`;
      return this.#refusal(await this.#ask('PATCH', path, {}));
    }
    if (step.does !== 'merge') throw new Error(`nobody knows how to ${step.does}`);
    const other = rows[step.with % rows.length].id;
    const merge = { ids: [id, other], conflictPriorityIndex: 0, dryRun: false };
    return this.#refusal(await this.#ask('PATCH', `${plural}/merge`, merge));
  }

  /** @param {{ status: number, body: any }} answer */
  #refusal({ status, body }) {
    return status < 300 ? status : { status, messages: body?.messages ?? body?.message };
  }

  /** @param {Extract<Step, { by: 'site' }>} step */
  async #site(step) {
    if (step.does === 'start') {
      this.#service = createTwentyCrmSyncService(
        { ...this.config, initialBackoffMs: 1, maxBackoffMs: 5 },
        { ...step.options, onWarning: (warning) => this.#warnings.push(warning) },
      );
      this.#service.clearCache();
      return 'started';
    }
    const service = /** @type {ReturnType<typeof createTwentyCrmSyncService>} */ (this.#service);
    const isPerson = step.plural === 'people';
    this.#warnings = [];
    try {
      if (step.does === 'sync') {
        const run = isPerson
          ? service.syncPersons(/** @type {any} */ (step.inputs), step.options)
          : service.syncCompanies(/** @type {any} */ (step.inputs), step.options);
        const results = [];
        for await (const { error, warnings, ...rest } of run) {
          results.push({
            ...rest,
            error: error && errorOf(error),
            warnings: warningsOf(warnings),
          });
        }
        return results;
      }
      let result;
      if (step.does === 'upsert') {
        result = isPerson
          ? await service.upsertPerson(/** @type {any} */ (step.input), step.options)
          : await service.upsertCompany(/** @type {any} */ (step.input), step.options);
      } else if (step.does === 'find') {
        result = isPerson
          ? await service.findPerson(step.externalId)
          : await service.findCompany(step.externalId);
      } else {
        result = isPerson
          ? await service.deletePerson(step.externalId, { mode: step.mode })
          : await service.deleteCompany(step.externalId, { mode: step.mode });
      }
      return { result, warnings: warningsOf(this.#warnings) };
    } catch (error) {
      return { error: errorOf(error), warnings: warningsOf(this.#warnings) };
    }
  }
}
