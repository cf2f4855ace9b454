// A clock under the test's control, and a service that answers as the test tells it.
import { createTwentyCrmError, createTwentyCrmOutbox, sqliteOutbox } from '../../index.mjs';

/** One turn of the event loop, in which answers of the addon arrive. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Waits for a condition; if it never holds, the test runner's timeout fails the test. */
export async function until(condition) {
  while (true) {
    const found = await condition();
    if (found) return found;
    await turn();
  }
}

export class FakeClock {
  ms = 1_000_000;
  /** @type {{ at: number, ms: number, keepsAlive: boolean, wake: () => void }[]} */
  sleepers = [];
  /** The sleeps that kept the process alive; they are woken at once. */
  slept = [];
  /** Milliseconds since 1970, for stores. */
  wall = () => 1_700_000_000_000 + this.ms;

  now = () => this.ms;

  sleep = (ms, { signal, keepsAlive }) =>
    new Promise((resolve) => {
      const wake = () => {
        this.sleepers = this.sleepers.filter((one) => one !== sleeper);
        resolve();
      };
      const sleeper = { at: this.ms + ms, ms, keepsAlive, wake };
      this.sleepers.push(sleeper);
      signal.addEventListener('abort', wake, { once: true });
      if (signal.aborted) wake();
    });

  advance(ms) {
    this.ms += ms;
    for (const sleeper of [...this.sleepers]) if (sleeper.at <= this.ms) sleeper.wake();
  }

  /** Wakes the longest sleeper again and again, as if the time had passed, until `work` is done. */
  async passing(work) {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => {});
    while (!isDone) {
      await turn();
      const next = this.sleepers
        .filter(({ keepsAlive }) => keepsAlive)
        .sort((a, b) => a.at - b.at)[0];
      if (next === undefined) continue;
      this.slept.push(next.ms);
      this.advance(Math.max(0, next.at - this.ms));
    }
    return done;
  }
}

export const person = (id, fields) => ({
  external_id: id,
  name: `Name of ${id}`,
  email: `${id.replace(/[^\w.-]/g, '-').toLowerCase()}@example.com`,
  ...fields,
});
export const company = (id, fields) => ({ external_id: id, name: `Company ${id}`, ...fields });

export const failure = (code, options) => createTwentyCrmError(code, `it is ${code}`, options);
export const away = failure('NETWORK_ERROR');
export const invalid = failure('VALIDATION_ERROR', { details: { field: 'email' } });
export const unauthorised = failure('AUTH_ERROR', { status: 401, details: { reason: 'revoked' } });

/** Records its inputs, and answers with `answer(input, entity, number of calls)`: nothing, or an error. */
export class FakeService {
  /** @type {{ entity: string, inputs: any[] }[]} */
  runs = [];
  /** The fields of each record as the CRM would have them. */
  crm = new Map();
  answer = (_input, _entity) => undefined;
  /** Awaited before a run answers. */
  gate = undefined;

  syncPersons = (inputs, options) => this.#run('person', inputs, options);
  syncCompanies = (inputs, options) => this.#run('company', inputs, options);

  async *#run(entity, inputs, { signal }) {
    const all = [...inputs];
    this.runs.push({ entity, inputs: all });
    if (this.gate !== undefined) await Promise.race([this.gate, aborted(signal)]);
    for (const input of all) {
      const error = await this.answer(input, entity);
      const { external_id: externalId } = input;
      if (error !== undefined) {
        yield { status: 'failed', externalId, error, warnings: [] };
        continue;
      }
      const key = `${entity}:${externalId}`;
      this.crm.set(key, { ...this.crm.get(key), ...input });
      yield { status: 'updated', externalId, warnings: [] };
    }
  }

  /** External ids of each run; companies are marked with a star. */
  get sent() {
    return this.runs.map(({ entity, inputs }) =>
      inputs.map(({ external_id: id }) => (entity === 'company' ? `*${id}` : id)).join(' '),
    );
  }
}

function aborted(signal) {
  return new Promise((_, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

/** An outbox on an in-memory store, with everything under the test's control. */
export function newOutbox(options) {
  const clock = options?.clock ?? new FakeClock();
  const service = options?.service ?? new FakeService();
  const store = options?.store ?? sqliteOutbox(':memory:', { now: clock.wall });
  const errors = [];
  const deadLetters = [];
  const outbox = createTwentyCrmOutbox({
    clock,
    store,
    // Always the full backoff, so that waits are predictable.
    random: () => 1,
    onError: (error, context) => errors.push({ code: error?.code, ...context }),
    onDeadLetter: (deadLetter) => deadLetters.push(deadLetter),
    ...options,
    service,
  });
  return { outbox, clock, service, store, errors, deadLetters };
}
