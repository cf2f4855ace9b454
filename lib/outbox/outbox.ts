import type {
  CompanyInput,
  DeadLettersOptions,
  DrainOptions,
  EnqueueOptions,
  OutboxEntity as Entity,
  FlushOptions,
  OutboxOptions,
  PersonInput,
  PurgeOptions,
  RetryDeadLettersOptions,
  StopOptions,
  TwentyCrmOutbox,
} from '../../index.js';
import { apiError, isError, TwentyCrmApiError, TwentyCrmErrorCode } from '../errors.js';
import { callHook } from '../observability/call-hook.js';
import type { Unchecked } from '../serialise.js';
import {
  readClient,
  readDrainSignal,
  readPage,
  readPurge,
  readRetry,
  readTimeout,
  requireId,
} from './arguments.js';
import { askedStore, silent } from './asked-store.js';
import { createReader } from './change.js';
import type { Round } from './courier.js';
import { Courier, HAND_BACK_MS } from './courier.js';
import { deadLetterOf, idOf } from './dead-letter.js';
import { Gate } from './gate.js';
import { Inlet } from './inlet.js';
import { readSettings } from './settings.js';
import { after, link, orAborted } from './signals.js';
import { fullJitter } from './timing.js';
import { plainError } from './verdict.js';

/**
 * An outbox that stores changes in `store` and delivers them with `service`.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an option is not valid; `details.field` names it.
 */
function createTwentyCrmOutbox(options: OutboxOptions): TwentyCrmOutbox {
  return new Outbox(options);
}

class Outbox implements TwentyCrmOutbox {
  #settings;
  #store;
  #read;
  #inlet;
  #courier;
  #gate;
  #turn = Promise.resolve();
  /** The worker that `start` began. */
  #working: Promise<void> | undefined;
  /** `stop` aborts it: no further round. Later it aborts the second one: work in flight is handed back. */
  #soft = new AbortController();
  #hard = new AbortController();
  #isClosed = false;
  #isRung = false;
  #wake = () => {};
  #storeFailures = 0;
  #delivered = 0;
  #deadLettered = 0;
  #lastDeliveredAt: Date | null = null;

  constructor(options: OutboxOptions) {
    this.#settings = readSettings(options);
    const { service, invalidEmail, missingEmail } = this.#settings;
    const store = askedStore(this.#settings.store);
    this.#store = store;
    this.#read = createReader(service, { invalidEmail, missingEmail });
    this.#inlet = new Inlet(store);
    this.#courier = new Courier(service, store, this.#settings);
    this.#gate = new Gate(this.#settings);
  }

  async enqueuePerson(input: PersonInput, options?: EnqueueOptions) {
    return this.#enqueue('person', input, options);
  }

  async enqueueCompany(input: CompanyInput, options?: EnqueueOptions) {
    return this.#enqueue('company', input, options);
  }

  start() {
    this.#requireOpen();
    this.#gate.hurry();
    this.#wake();
    // The running worker is about to stop, so another one follows it.
    if (this.#working !== undefined && !this.#soft.signal.aborted) return;
    this.#renew();
    const before = this.#working;
    const working = (async () => {
      await before;
      await this.#work();
    })();
    this.#working = working;
    void working.finally(() => {
      if (this.#working === working) this.#working = undefined;
    });
  }

  async stop(options?: StopOptions) {
    const timeoutMs = readTimeout(options, this.#settings.stopTimeoutMs);
    const hard = this.#hard;
    this.#soft.abort(stopped());
    this.#wake();
    const idle = Promise.all([this.#working, this.#turn]);
    const timer = new AbortController();
    const late = this.#settings.clock.sleep(timeoutMs, { signal: timer.signal, keepsAlive: true });
    await Promise.race([idle, late]);
    hard.abort(stopped());
    timer.abort();
    await idle;
  }

  async drain(options?: DrainOptions) {
    this.#requireOpen();
    const signal = readDrainSignal(options);
    if (signal?.aborted) throw signal.reason;
    this.#renew();
    const cut = signal as AbortSignal | undefined;
    const stop = link(cut === undefined ? [this.#soft.signal] : [this.#soft.signal, cut]);
    try {
      // An explicit request suggests that the CRM works again: try at once.
      this.#gate.hurry();
      while (true) {
        const { claimed, waitMs } = await this.#step({ until: stop.signal, cut, throws: true });
        if (stop.signal.aborted) throw stop.signal.reason;
        if (claimed > 0 && waitMs === 0) continue;
        const counts = await orAborted(this.#store.stats(), stop.signal);
        if (counts === null) throw stop.signal.reason;
        if (counts.pending === 0) return;
        if (this.#gate.state === 'paused') throw rejectionOf(this.#gate.error);
        await this.#sleep(waitMs, stop.signal, true);
      }
    } finally {
      stop.unlink();
    }
  }

  async flush(options?: FlushOptions) {
    this.#requireOpen();
    const { clock, flushTimeoutMs } = this.#settings;
    const timeoutMs = readTimeout(options, flushTimeoutMs);
    this.#renew();
    const [delivered, deadLettered] = [this.#delivered, this.#deadLettered];
    const deadline = clock.now() + timeoutMs;
    const late = new AbortController();
    const timer = new AbortController();
    void clock
      .sleep(timeoutMs, { signal: timer.signal, keepsAlive: true })
      .then(() => late.abort(new Error('the flush timed out')));
    const stop = link([this.#soft.signal, late.signal]);
    let over: ReturnType<typeof after> | undefined;
    try {
      this.#gate.hurry();
      while (!stop.signal.aborted) {
        const step = { until: stop.signal, cut: late.signal, throws: true };
        const { isIdle, waitMs } = await this.#step(step);
        const isOver = clock.now() + waitMs >= deadline;
        if (isIdle || isOver || this.#gate.state === 'paused') break;
        if (waitMs > 0) await this.#sleep(waitMs, stop.signal, true);
      }
      over = after(late.signal, HAND_BACK_MS, clock);
      const counts = await orAborted(this.#store.stats(), over.signal);
      if (counts === null) throw silent('stats');
      return {
        delivered: this.#delivered - delivered,
        deadLettered: this.#deadLettered - deadLettered,
        pending: counts.pending,
        delayed: counts.delayed,
        ...(this.#gate.error !== undefined && { error: plainError(this.#gate.error) }),
      };
    } finally {
      timer.abort();
      over?.unlink();
      stop.unlink();
    }
  }

  async stats() {
    const { pending, changes, inFlight, delayed, deadLetters, oldestAt } =
      await this.#store.stats();
    const { error } = this.#gate;
    return {
      ...{ pending, changes, inFlight, delayed, deadLetters },
      oldestPendingAt: oldestAt === null ? null : new Date(oldestAt),
      delivered: this.#delivered,
      lastDeliveredAt: this.#lastDeliveredAt,
      isRunning: this.#working !== undefined && !this.#soft.signal.aborted,
      state: this.#gate.state,
      ...(error !== undefined && { error: plainError(error) }),
    };
  }

  async deadLetters(options?: DeadLettersOptions) {
    const found = await this.#store.deadLetters(readPage(options));
    return found.map(deadLetterOf);
  }

  async retryDeadLetter(id: string) {
    const found = await this.#store.retry(requireId('id', id));
    if (found) this.#ring();
    return found;
  }

  async retryDeadLetters(options?: RetryDeadLettersOptions) {
    const found = await this.#store.retryAll(readRetry(options));
    if (found > 0) this.#ring();
    return found;
  }

  async purge(options?: PurgeOptions) {
    return this.#store.purge(readPurge(options));
  }

  async close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#inlet.settled();
    await this.stop();
    await this.#store.close();
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }

  async #enqueue(entity: Entity, input: unknown, options: unknown) {
    this.#requireOpen();
    const change = this.#read(entity, input);
    const client = readClient(options);
    if (client === undefined) await this.#inlet.add(change);
    else await this.#store.enqueue([change], { client });
    this.#ring();
    return { id: idOf(change) };
  }

  /** Runs rounds while there is something to deliver, and polls for changes of other processes. */
  async #work() {
    const until = this.#soft.signal;
    while (!until.aborted) {
      this.#isRung = false;
      const { isIdle, waitMs } = await this.#step({ until, throws: false });
      // A new change is no reason to retry a CRM or a store that is down.
      if (waitMs === 0 || (isIdle && this.#isRung)) continue;
      await this.#sleep(waitMs, until, false, isIdle);
    }
  }

  /**
   * Runs one round if it is due. A failure of the store is reported and retried after a wait; with `throws` it is
   * thrown if it is not retryable.
   * @param how `until`: no round begins after it has aborted; `cut`: work in flight is handed back
   * @returns `isIdle`: nothing was due
   */
  async #step({
    until,
    cut,
    throws,
  }: {
    until: AbortSignal;
    cut?: AbortSignal;
    throws: boolean;
  }): Promise<{ claimed: number; waitMs: number; isIdle: boolean }> {
    const before = this.#turn;
    const turn = before.then(() => this.#round(until, cut));
    this.#turn = turn.then(
      () => {},
      () => {},
    );
    const { pollIntervalMs } = this.#settings;
    try {
      // Another caller's round may still be running. Our round comes after it, and sees that it is too late.
      if ((await orAborted(before, until)) === null) {
        return { claimed: 0, waitMs: 0, isIdle: false };
      }
      const claimed = await turn;
      this.#storeFailures = 0;
      const { waitMs } = this.#gate;
      const isIdle = claimed === 0 && waitMs === 0;
      return { claimed, waitMs: isIdle ? pollIntervalMs : waitMs, isIdle };
    } catch (error) {
      if (throws && (error as Unchecked)?.isRetryable !== true) throw error;
      this.#storeFailures += 1;
      const waitMs = Math.max(1, fullJitter(this.#storeFailures, this.#settings));
      this.#tell('onError', error, { kind: 'store', records: 0, retryInMs: waitMs });
      return { claimed: 0, waitMs, isIdle: false };
    }
  }

  /** @returns how many records were claimed */
  async #round(until: AbortSignal, cut: AbortSignal | undefined): Promise<number> {
    if (until.aborted || this.#gate.waitMs > 0) return 0;
    const stop = link(cut === undefined ? [this.#hard.signal] : [this.#hard.signal, cut]);
    let round: Round;
    try {
      round = await this.#courier.round({ isProbe: !this.#gate.isOpen, signal: stop.signal });
    } finally {
      stop.unlink();
    }
    this.#gate.note(round);
    this.#delivered += round.delivered;
    this.#deadLettered += round.dead.length;
    if (round.delivered > 0) this.#lastDeliveredAt = new Date();
    for (const deadLetter of round.dead) this.#tell('onDeadLetter', deadLetter);
    if (round.failure !== undefined) {
      const kind = this.#gate.isOpen ? 'records' : this.#gate.state;
      const facts = { kind, records: round.failed, retryInMs: this.#gate.waitMs };
      this.#tell('onError', round.failure.error, facts);
    }
    return round.claimed;
  }

  /** @param isRingable a new change ends the wait */
  async #sleep(ms: number, signal: AbortSignal, keepsAlive: boolean, isRingable: boolean = false) {
    const awake = new AbortController();
    const both = link([signal, awake.signal]);
    if (isRingable) this.#wake = () => awake.abort();
    try {
      await this.#settings.clock.sleep(ms, { signal: both.signal, keepsAlive });
    } finally {
      if (isRingable) this.#wake = () => {};
      both.unlink();
    }
  }

  #ring() {
    this.#isRung = true;
    this.#wake();
  }

  /** After a stop, later calls must work again. */
  #renew() {
    if (!this.#soft.signal.aborted) return;
    this.#soft = new AbortController();
    this.#hard = new AbortController();
  }

  #tell(name: 'onError' | 'onDeadLetter', ...values: unknown[]) {
    const hook = this.#settings[name];
    if (hook !== undefined) callHook(name, hook, values);
  }

  #requireOpen() {
    if (this.#isClosed) throw failed('the outbox is closed: create a new one', 'CLOSED');
  }
}

function failed(message: string, reason: string) {
  return apiError(TwentyCrmErrorCode.OPERATION_FAILED, message, {
    isRetryable: false,
    details: { reason },
  });
}

function stopped() {
  return failed('the outbox was stopped: undelivered changes wait in the store', 'STOPPED');
}

function rejectionOf(error: unknown) {
  return isError(error) ? error : new TwentyCrmApiError(plainError(error));
}

export { createTwentyCrmOutbox };
