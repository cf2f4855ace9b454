import type {
  OutboxClaim as Claim,
  CompanyInput,
  OutboxEntity as Entity,
  OutboxDeadLetter,
  OutboxService,
  OutboxSettlement,
  OutboxStore,
  PersonInput,
  TwentyCrmError,
} from '../../index.js';
import { createTwentyCrmError, TwentyCrmErrorCode } from '../errors.js';
import { silent } from './asked-store.js';
import { deadLetterNow } from './dead-letter.js';
import { Lease } from './lease.js';
import type { Settings } from './settings.js';
import type { Outcome, Record } from './settlement.js';
import { readClaim, settlementOf } from './settlement.js';
import { after, link, orAborted, untilAborted } from './signals.js';
import { fullJitter } from './timing.js';
import type { Verdict } from './verdict.js';
import { plainError, verdictOn } from './verdict.js';

export interface Round {
  /** records claimed */
  claimed: number;
  delivered: number;
  /** dead letters of this round */
  dead: OutboxDeadLetter[];
  /** records to retry */
  failed: number;
  /** the most serious of their failures */
  failure: { verdict: Verdict; error: unknown } | undefined;
}

/** Companies first: people refer to them. */
const ENTITIES = ['company', 'person'] as const;

/** After this many records in a row that fail alone, the rest is not tried. */
const FAILURES_IN_A_ROW = 3;

/** More results than this for unknown records end the run. */
const STRAY_RESULTS = 1_000;

/** Attempts to report results. Unreported work is done again. */
const SETTLE_TRIES = 3;

/** Milliseconds that a store has to take back interrupted records. After that they wait until their lease ends. */
const HAND_BACK_MS = 500;

class Courier {
  #service;
  #store;
  #settings;

  constructor(service: OutboxService, store: OutboxStore, settings: Settings) {
    this.#service = service;
    this.#store = store;
    this.#settings = settings;
  }

  /** @param how a probe takes one record; an abort hands back what is not sent */
  async round({ isProbe, signal }: { isProbe: boolean; signal: AbortSignal }) {
    const { batchSize, leaseMs, clock } = this.#settings;
    const token = globalThis.crypto.randomUUID();
    const since = clock.now();
    const limit = isProbe ? 1 : batchSize;
    const asked = this.#store.claim({ token, limit, leaseMs, isProbe });
    const claims = await orAborted(asked, signal);
    if (claims === null) {
      void this.#handBack(token, asked);
      return nothing();
    }
    if (claims.length === 0) return nothing();
    const lease = new Lease(this.#store, token, claims.length, since, this.#settings);
    const stop = link([signal, lease.signal]);
    try {
      const batch = new Batch(claims);
      for (const entity of ENTITIES) {
        if (stop.signal.aborted) break;
        await this.#send(entity, batch, stop.signal);
      }
      return await this.#settle(token, batch, signal);
    } finally {
      stop.unlink();
      lease.end();
    }
  }

  async #send(entity: Entity, batch: Batch, signal: AbortSignal) {
    const records = batch.recordsOf(entity);
    if (records.length === 0) return;
    const broken = await this.#run(entity, records, batch, signal);
    const missing = records.filter((record) => !batch.has(record));
    if (missing.length === 0 || signal.aborted) return;
    if (records.length === 1) {
      batch.fail(records[0], broken?.error ?? noResult());
      return;
    }
    // The run broke off, which says nothing about most of its records: send each of them alone.
    let inARow = 0;
    for (const record of missing) {
      if (signal.aborted || inARow === FAILURES_IN_A_ROW) return;
      const alone = await this.#run(entity, [record], batch, signal);
      if (!batch.has(record) && !signal.aborted) batch.fail(record, alone?.error ?? noResult());
      inARow = batch.isDelivered(record) ? 0 : inARow + 1;
    }
  }

  /** @returns the error that ended the run, if any */
  async #run(
    entity: Entity,
    records: Record[],
    batch: Batch,
    signal: AbortSignal,
  ): Promise<{ error: unknown } | undefined> {
    const byExternalId = new Map(records.map((record) => [record.claim.externalId, record]));
    // The core validates them again when it writes them.
    const inputs = records.map(({ input }) => input) as unknown as (PersonInput & CompanyInput)[];
    const method = entity === 'company' ? 'syncCompanies' : 'syncPersons';
    let results = 0;
    try {
      for await (const result of untilAborted(this.#service[method](inputs, { signal }), signal)) {
        results += 1;
        // Endless results that are available without waiting would block the event loop.
        if (results > records.length + STRAY_RESULTS) throw tooManyResults();
        const record = byExternalId.get(result.externalId);
        if (record === undefined) continue;
        if (result.status === 'failed') batch.fail(record, result.error ?? noResult());
        else batch.deliver(record);
      }
    } catch (error) {
      // Wrapped in an object: a thrown value may be a thenable, which a promise would follow.
      return { error };
    }
    return undefined;
  }

  async #settle(token: string, batch: Batch, signal: AbortSignal): Promise<Round> {
    const verdicts = batch.verdicts(this.#settings);
    const records = verdicts.map(({ record, outcome }) => settlementOf(record, outcome));
    const held = await this.#report(token, [...records, ...batch.unread(this.#settings)], signal);
    const kept = verdicts.filter((_, at) => held[at]);
    const count = (status: string) =>
      kept.filter(({ outcome }) => outcome.status === status).length;
    return {
      claimed: batch.size,
      delivered: count('delivered'),
      dead: kept.flatMap(({ record, outcome }) =>
        outcome.status === 'dead' ? [deadLetterNow(record, outcome.error)] : [],
      ),
      failed: batch.failed,
      failure: batch.gravest(),
    };
  }

  async #report(token: string, records: OutboxSettlement[], signal: AbortSignal) {
    const { clock } = this.#settings;
    const over = after(signal, HAND_BACK_MS, clock);
    try {
      for (let tried = 1; ; tried += 1) {
        try {
          const held = await orAborted(this.#store.settle({ token, records }), over.signal);
          if (held !== null) return held;
        } catch (error) {
          if (tried === SETTLE_TRIES) throw error;
          await clock.sleep(fullJitter(tried, this.#settings), { signal, keepsAlive: true });
          continue;
        }
        throw silent('settle');
      }
    } finally {
      over.unlink();
    }
  }

  /** Hands back the records of a claim that arrives after an abort. */
  async #handBack(token: string, asked: Promise<Claim[]>) {
    try {
      const claims = await asked;
      if (claims.length === 0) return;
      const records = claims.map(({ entity, externalId, attempts }) => {
        return { entity, externalId, remove: [], rewrite: [], lane: { attempts, delayMs: 0 } };
      });
      await this.#store.settle({ token, records });
    } catch {
      // Nobody is left to tell: the records wait until their lease ends.
    }
  }
}

class Batch {
  #records: Record[] = [];
  /** Records without waiting changes. */
  #empty: Claim[] = [];
  size;
  /** undefined: delivered */
  #results: Map<Record, { error: unknown; plain: TwentyCrmError; verdict: Verdict } | undefined> =
    new Map();
  #unreadable: { claim: Claim; error: unknown; verdict: Verdict }[] = [];

  constructor(claims: Claim[]) {
    this.size = claims.length;
    for (const claim of claims) {
      try {
        const record = readClaim(claim);
        if (record === undefined) this.#empty.push(claim);
        else this.#records.push(record);
      } catch (error) {
        this.#unreadable.push({ claim, error, verdict: 'workspace' });
      }
    }
  }

  recordsOf(entity: Entity) {
    return this.#records.filter(({ claim }) => claim.entity === entity);
  }

  has(record: Record) {
    return this.#results.has(record);
  }

  isDelivered(record: Record) {
    return this.has(record) && this.#results.get(record) === undefined;
  }

  deliver(record: Record) {
    this.#results.set(record, undefined);
  }

  fail(record: Record, error: unknown) {
    const plain = plainError(error);
    this.#results.set(record, { error, plain, verdict: verdictOn(plain) });
  }

  /**
   * Whether the CRM accepts a record, which shows that it is up and accepts the key.
   * @param entity of this kind
   */
  #hasAnswer(entity?: Entity) {
    return [...this.#results].some(
      ([{ claim }, result]) =>
        result === undefined && (entity === undefined || claim.entity === entity),
    );
  }

  get failed() {
    return this.#failures().length;
  }

  #failures() {
    const open = [...this.#results].flatMap(([record, result]) =>
      result !== undefined && this.#isOpen(record, result) ? [result] : [],
    );
    return [...open, ...this.#unreadable];
  }

  /**
   * Whether a failure may be temporary. For a doubtful one, other records of its kind decide: companies and people use
   * different requests.
   */
  #isOpen({ claim }: Record, { verdict }: { verdict: Verdict }) {
    return verdict !== 'dead' && !(verdict === 'doubtful' && this.#hasAnswer(claim.entity));
  }

  gravest(): { error: unknown; verdict: Verdict } | undefined {
    const failures = this.#failures();
    return failures.find(({ verdict }) => verdict !== 'away') ?? failures[0];
  }

  verdicts(settings: Settings) {
    return this.#records.map((record) => {
      const result = this.#results.get(record);
      let outcome: Outcome;
      if (!this.has(record)) outcome = { status: 'back' };
      else if (result === undefined) outcome = { status: 'delivered' };
      else if (!this.#isOpen(record, result)) outcome = { status: 'dead', error: result.plain };
      else outcome = { status: 'late', delayMs: this.#delayOf(record.claim, settings) };
      return { record, outcome };
    });
  }

  unread(settings: Settings): OutboxSettlement[] {
    const leave = ({ entity, externalId }: Claim) => ({
      entity,
      externalId,
      remove: [],
      rewrite: [],
    });
    return [
      ...this.#empty.map((claim) => ({ ...leave(claim), lane: null })),
      ...this.#unreadable.map(({ claim }) => {
        const delayMs = this.#delayOf(claim, settings);
        return { ...leave(claim), lane: { attempts: claim.attempts + 1, delayMs } };
      }),
    ];
  }

  /** If nothing was delivered, the whole outbox waits; otherwise only this record does. */
  #delayOf({ attempts }: Claim, settings: Settings) {
    return this.#hasAnswer() ? fullJitter(attempts + 1, settings) : 0;
  }
}

function tooManyResults() {
  return createTwentyCrmError(
    TwentyCrmErrorCode.UNKNOWN,
    'the service returns more results than it was given records',
    {
      isRetryable: true,
    },
  );
}

function noResult() {
  return createTwentyCrmError(
    TwentyCrmErrorCode.UNKNOWN,
    'the service ended its run without a result for this record',
    { isRetryable: true },
  );
}

function nothing(): Round {
  return { claimed: 0, delivered: 0, dead: [], failed: 0, failure: undefined };
}

export { Courier, HAND_BACK_MS };
