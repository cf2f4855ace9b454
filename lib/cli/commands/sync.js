'use strict';

const { TwentyCrmApiService } = require('../../api-service.js');
const { createTwentyCrmSyncService } = require('../../create-sync-service.js');
const { made, readConnection, readServiceOptions, requireDirect } = require('../environment.js');
const { EXIT } = require('../exit-codes.js');
const {
  CliFailure,
  DOCTOR_HINT,
  configFailure,
  describeFailure,
  inputFailure,
} = require('../failure.js');
const { openInput } = require('../input/open.js');
const { readMapping } = require('../mapping.js');
const { adviceOnEmail } = require('../presets/notes.js');
const { createProgress } = require('../progress.js');
const { Rejects, requireOtherFile } = require('../rejects.js');
const { Run } = require('../run.js');
const { showSummary } = require('../summary.js');
const { plural, shellWord } = require('../text.js');

/**
 * @typedef {import('../program.js').SyncOptions} SyncOptions
 * @typedef {InstanceType<typeof Rejects>} RejectsFile
 */

/**
 * @param {import('../main.js').Context} context
 * @param {'person' | 'company'} entity
 * @param {string} file
 * @param {SyncOptions} options
 */
async function sync(context, entity, file, options) {
  const { console, env, interruption, stdin } = context;
  const serviceOptions = readServiceOptions(options);
  const { missingEmail } = serviceOptions;
  const mapping = readMapping(entity, { ...options, missingEmail });
  requireOtherFile(options.rejects, file);
  const input = await openInput(file, entity, mapping, options, stdin, interruption.soft);
  try {
    requireHeader(input, options.skipLines ?? 0, interruption.soft);
    const entries = await peeked(input.entries);
    const connection = readConnection(options, env, console);
    requireDirect(connection);
    const store = options.mappings === undefined ? undefined : openStore(options.mappings);
    try {
      const service = made(() =>
        createTwentyCrmSyncService(connection.config, {
          ...serviceOptions,
          ...(store && { mappingStore: store }),
        }),
      );
      await requireConnection(connection, interruption.soft);
      const append = (options.fromLine ?? 0) > 1;
      const rejects =
        options.rejects === undefined ? undefined : new Rejects(options.rejects, input, { append });
      try {
        return await write({ ...input, entries }, rejects, service);
      } finally {
        rejects?.close();
      }
    } finally {
      await store?.close();
    }
  } finally {
    input.close();
  }

  /**
   * @param {import('../input/open.js').Input} input
   * @param {RejectsFile | undefined} rejects
   * @param {import('../../../index.js').TwentyCrmSyncService} service
   */
  async function write(input, rejects, service) {
    const startedMs = performance.now();
    const progress = createProgress({
      label: entity === 'person' ? 'People' : 'Companies',
      hasSize: input.hasSize,
      console,
      quiet: options.quiet,
    });
    const run = new Run({
      input,
      rejects,
      fromLine: options.fromLine,
      onProgress: () =>
        progress.update({ done: run.done, refused: run.counts.refused, fraction: run.fraction }),
    });
    const onSoft = () => {
      progress.stop();
      run.stop();
      const what = plural(run.inFlight, 'record');
      const again = console.err.isTerminal ? ' Again to stop at once.' : '';
      console.err.write(`\nStopping: ${what} in flight will be finished.${again}\n`);
    };
    interruption.soft.addEventListener('abort', onSoft);
    if (interruption.soft.aborted) onSoft();
    /** @type {unknown} */
    let failure;
    let requests = 0;
    try {
      const settings = {
        signal: interruption.hard,
        dryRun: options.dryRun ?? false,
        force: options.force ?? false,
        verifyUnchanged: options.verify ?? false,
        ...(options.concurrency !== undefined && { maxConcurrency: options.concurrency }),
      };
      const records = run.records();
      const results =
        entity === 'person'
          ? service.syncPersons(records, settings)
          : service.syncCompanies(records, settings);
      for await (const result of results) run.take(result);
      ({ requests } = await results);
      failure = run.inputFailure;
    } catch (error) {
      ({ requests } = service.stats());
      if (!interruption.hard.aborted) failure = error;
    } finally {
      progress.stop();
      interruption.soft.removeEventListener('abort', onSoft);
    }
    return outcome({ run, input, requests, failure, durationMs: performance.now() - startedMs });
  }

  /**
   * @param {{ run: InstanceType<typeof Run>, input: import('../input/open.js').Input, requests: number, failure: unknown, durationMs: number }} end
   * @returns {import('../main.js').Outcome}
   */
  function outcome({ run, input, requests, failure, durationMs }) {
    const stopped = failure === undefined ? run.fatal : failure;
    const described = stopped === undefined ? undefined : describeFailure(stopped);
    const signal = interruption.name();
    const isEarly = signal !== undefined || stopped !== undefined;
    if (!isEarly && run.done === 0) console.err.write(`${whyNothing(run, input)}\n`);
    const resumeLine = isEarly ? run.resumeLine : undefined;
    const { notes } = input;
    const further = notes?.warnings() ?? [];
    if (notes !== undefined && notes.withoutEmail > 0 && missingEmail !== 'allow') {
      console.err.write(`${adviceOnEmail(notes.withoutEmail, options.idFrom)}\n`);
    }
    const result = {
      entity,
      file: input.name,
      format: input.format,
      dryRun: options.dryRun ?? false,
      read: run.done,
      ...run.counts,
      warnings: run.counts.warnings + further.length,
      requests,
      durationMs: Math.round(durationMs),
      rejects: options.rejects ?? null,
      resumeFromLine: resumeLine ?? null,
      stoppedBy: signal ?? described?.report.code ?? null,
      refusals: run.refusals.list(),
      warningReasons: [...further, ...run.warnings.list()],
      ...(notes && { preset: { name: notes.preset.name, leftOut: notes.leftOut() } }),
    };
    return {
      exitCode:
        signal !== undefined
          ? interruption.exitCode()
          : described !== undefined
            ? described.exitCode
            : run.exitCode,
      result,
      ...(described !== undefined && { error: described.report, stack: described.stack }),
      show: () => showSummary(result, resumeCommand(resumeLine, file, context.args), console.out),
    };
  }
}

/**
 * Every CSV file has a header; NDJSON without a line is a feed of no records.
 * @param {import('../input/open.js').Input} input
 * @param {number} skipLines
 * @param {AbortSignal} signal closes the input
 */
function requireHeader({ name, header }, skipLines, signal) {
  if (header === undefined || header.length > 0 || signal.aborted) return;
  if (skipLines > 0) {
    throw inputFailure(`${name} has nothing below the lines of --skip-lines ${skipLines}`);
  }
  throw inputFailure(`${name} is empty: it has not even a header`, 'Look at what writes it.');
}

/**
 * @param {InstanceType<typeof Run>} run
 * @param {import('../input/open.js').Input} input
 */
function whyNothing({ lastLine }, { format }) {
  if (lastLine > 0) {
    return `Nothing was done: the last record begins in line ${lastLine}, before that of --from-line.`;
  }
  return format === 'csv'
    ? 'Nothing was done: the input has a header and no records.'
    : 'Nothing was done: the input has no records.';
}

/**
 * What makes the whole input wrong shows before anything is sent.
 * @template T
 * @param {AsyncGenerator<T, void, undefined>} entries
 * @returns {Promise<AsyncGenerator<T, void, undefined>>}
 */
async function peeked(entries) {
  const first = await entries.next();
  return (async function* () {
    if (first.done) return;
    yield first.value;
    yield* entries;
  })();
}

/** @param {string} file */
function openStore(file) {
  const { sqliteMappingStore } = require('../../stores/sqlite.js');
  try {
    return sqliteMappingStore(file);
  } catch (error) {
    throw configFailure(`--mappings ${file}: ${error.message}`);
  }
}

/**
 * A wrong key or address would be every record's failure.
 * @param {import('../environment.js').Connection} connection
 * @param {AbortSignal} signal
 */
async function requireConnection({ config }, signal) {
  const { baseUrl, apiKey, timeout } = config;
  const test = await new TwentyCrmApiService().testConnection(baseUrl, apiKey, {
    ...(timeout !== undefined && { timeout }),
    signal,
  });
  if (test.ok) return;
  const code = /^[A-Z_]+/.exec(test.details?.error ?? '')?.[0] ?? 'UNKNOWN';
  const isUnreachable = ['NETWORK_ERROR', 'TIMEOUT', 'RATE_LIMIT', 'SERVER_ERROR'].includes(code);
  throw new CliFailure(
    isUnreachable ? EXIT.UNREACHABLE : EXIT.CONFIG,
    code,
    test.message,
    DOCTOR_HINT,
  );
}

/**
 * The same command, from where it stopped.
 * @param {number | undefined} line
 * @param {string} file
 * @param {readonly string[]} args
 */
function resumeCommand(line, file, args) {
  if (line === undefined) return undefined;
  const kept = args.filter(
    (word, index) =>
      !word.startsWith('--from-line') && !/^--from-line$/.test(args[index - 1] ?? ''),
  );
  const command = ['npx', 'twenty-crm-native', ...kept, '--from-line', String(line)];
  const text = command.map(shellWord).join(' ');
  return file === '-' ? `${text}   (with the same input)` : text;
}

module.exports = { sync };
