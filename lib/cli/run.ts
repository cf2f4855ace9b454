import type { CompanyInput, PersonInput, SyncResult, TwentyCrmError } from '../../index.js';
import { EXIT } from './exit-codes.js';
import { exitCodeOf } from './failure.js';
import type { Entry } from './input/entry.js';
import type { Input } from './input/open.js';
import type { RecordFailure } from './mapping.js';
import { Queue } from './queue.js';
import type { Rejects } from './rejects.js';
import { Tally } from './tally.js';

/** After this many records in a row that could not be delivered, the run ends. */
const PATIENCE = 25;

/** Syncs one file into the CRM. It can be stopped at any record, and then finishes what is in flight. */
class Run {
  counts = { created: 0, updated: 0, unchanged: 0, refused: 0, warnings: 0 };
  refusals = new Tally();
  warnings = new Tally();
  /** why the run ended early, if the CRM was the reason */
  fatal: TwentyCrmError | undefined;
  /** why the input ended early */
  inputFailure: unknown;
  #input;
  #rejects;
  #fromLine;
  #onProgress;
  #inFlight = new Queue<Entry>();
  #isStopping = false;
  #isAtEnd = false;
  #end = 0;
  /** Nothing after this line was read. */
  #lastLine = 0;
  #firstUndelivered = Number.POSITIVE_INFINITY;
  #undeliveredInARow = 0;

  constructor({
    input,
    rejects,
    fromLine = 0,
    onProgress,
  }: {
    input: Input;
    rejects?: Rejects;
    /** records that begin before it are skipped */
    fromLine?: number;
    onProgress: () => void;
  }) {
    this.#input = input;
    this.#rejects = rejects;
    this.#fromLine = fromLine;
    this.#onProgress = onProgress;
  }

  /** Stops reading. */
  stop() {
    this.#isStopping = true;
    this.#input.close();
  }

  /** Line in which the last record read begins; 0 before the first. */
  get lastLine() {
    return this.#lastLine;
  }

  get done() {
    const { created, updated, unchanged, refused } = this.counts;
    return created + updated + unchanged + refused;
  }

  get inFlight() {
    return this.#inFlight.length;
  }

  /** Share of the input that is done, 0 to 1. */
  get fraction() {
    return this.#input.fractionAt(this.#end);
  }

  /** The line to continue from; undefined if everything is done. */
  get resumeLine() {
    const first =
      this.#inFlight.peek()?.line ??
      (this.#isAtEnd ? Number.POSITIVE_INFINITY : this.#lastLine + 1);
    // Undelivered records are in the rejects file, if there is one.
    const undelivered = this.fatal && !this.#rejects ? this.#firstUndelivered : first;
    const line = Math.min(first, undelivered);
    return Number.isFinite(line) ? line : undefined;
  }

  /** Yields the records to the library. */
  async *records(): AsyncGenerator<PersonInput & CompanyInput, void, undefined> {
    try {
      for await (const entry of this.#input.entries) {
        if (this.#isStopping) return;
        this.#lastLine = entry.line;
        if (entry.line < this.#fromLine) continue;
        this.#input.notes?.take(entry);
        if (entry.failure !== undefined) this.#refuse(entry, entry.failure, '');
        else {
          this.#inFlight.push(entry);
          // The core validates it.
          yield entry.record as unknown as PersonInput & CompanyInput;
        }
      }
      this.#isAtEnd = !this.#isStopping;
    } catch (error) {
      // A stream that is closed during a read fails: ignore that. After any other error, the records read so far are
      // still written.
      if (!this.#isStopping) this.inputFailure = error;
    }
  }

  take({ status, externalId, error, warnings }: SyncResult<unknown>) {
    // The entry stays in flight until it is recorded: a full disk must not lose it.
    const entry = this.#inFlight.peek() as Entry;
    this.counts.warnings += warnings.length;
    for (const { field, reason, message } of warnings) {
      this.warnings.add({ field, reason }, { line: entry.line, externalId, message });
    }
    if (error === undefined) {
      this.#undeliveredInARow = 0;
      this.counts[status as 'created' | 'updated' | 'unchanged'] += 1;
      this.#inFlight.shift();
      this.#advance(entry);
      return;
    }
    const field = error.details?.field;
    this.#refuse(
      entry,
      {
        code: error.code,
        ...(typeof field === 'string' && { field }),
        message: error.message,
      },
      externalId,
    );
    this.#inFlight.shift();
    this.#judge(entry, error);
  }

  #refuse(entry: Entry, failure: RecordFailure, externalId: string) {
    this.#rejects?.add(entry, failure);
    this.counts.refused += 1;
    const { code, field, message } = failure;
    this.refusals.add({ code, field }, { line: entry.line, externalId, message });
    this.#advance(entry);
  }

  #advance({ end }: Entry) {
    this.#end = Math.max(this.#end, end);
    this.#onProgress();
  }

  #judge({ line }: Entry, error: TwentyCrmError) {
    const exitCode = exitCodeOf(error);
    if (exitCode === EXIT.LEFTOVER) {
      this.#undeliveredInARow = 0;
      return;
    }
    this.#firstUndelivered = Math.min(this.#firstUndelivered, line);
    this.#undeliveredInARow += 1;
    const isHopeless = exitCode === EXIT.CONFIG || this.#undeliveredInARow >= PATIENCE;
    if (!isHopeless || this.fatal !== undefined) return;
    this.fatal = error;
    this.stop();
  }

  /** Exit code of a run that was not interrupted. */
  get exitCode() {
    if (this.fatal !== undefined) return exitCodeOf(this.fatal);
    const { refused } = this.counts;
    if (refused === 0) return EXIT.OK;
    const isUndelivered = refused === this.done && Number.isFinite(this.#firstUndelivered);
    return isUndelivered && this.#undeliveredInARow === refused ? EXIT.UNREACHABLE : EXIT.LEFTOVER;
  }
}

export { Run };
