import { Command, InvalidArgumentError, Option } from 'commander';
import type { Console } from './console.js';
import type { Env } from './environment.js';
import type { FailureReport } from './failure.js';
import { FIELDS, REQUIRED } from './fields.js';
import type { Interruption } from './interruption.js';
import type { PresetName } from './presets/index.js';
import { NAMES as PRESETS } from './presets/index.js';
import { wrap } from './text.js';

interface CommonOptions {
  json?: boolean;
  color: boolean;
  envFile?: string;
  timeout?: number;
  retries?: number;
}

export type DoctorOptions = CommonOptions & { options?: string };

export type SchemaOptions = CommonOptions & { options?: string; yes?: boolean };

interface OwnUpsertOptions {
  options?: string;
  defaultCountry?: string;
  namespace?: string;
  missingEmail?: 'refuse' | 'allow';
  companyKey?: 'external_id' | 'email_domain';
  allowId?: boolean;
}

export type UpsertOptions = CommonOptions & OwnUpsertOptions;

interface OwnSyncOptions {
  format?: 'csv' | 'ndjson';
  delimiter?: string;
  encoding?: string;
  map?: string[];
  mapFile?: string;
  ignore?: string[];
  ignoreUnknown?: boolean;
  skipLines?: number;
  idFrom?: 'email' | 'url';
  preset?: PresetName;
  dryRun?: boolean;
  force?: boolean;
  verify?: boolean;
  concurrency?: number;
  mappings?: string;
  rejects?: string;
  fromLine?: number;
  quiet?: boolean;
}

export type SyncOptions = UpsertOptions & OwnSyncOptions;

/** What a command works with. */
export interface Context {
  console: Console;
  env: Env;
  stdin: NodeJS.ReadStream;
  interruption: Interruption;
  /** as they were given */
  args: readonly string[];
}

/** What a command ends with. */
export interface Outcome {
  exitCode: number;
  /** for `--json` */
  result: object;
  /** prints it for people */
  show: () => void;
  /** where it ended before its end */
  error?: FailureReport;
  stack?: string;
}

/** What the program does for each command. */
export interface Handlers {
  doctor: (options: DoctorOptions) => Promise<void>;
  schemaPlan: (options: SchemaOptions) => Promise<void>;
  schemaApply: (options: SchemaOptions) => Promise<void>;
  sync: (entity: 'person' | 'company', file: string, options: SyncOptions) => Promise<void>;
  upsert: (entity: 'person' | 'company', record: string, options: UpsertOptions) => Promise<void>;
}

const wholeNumber =
  (least: number, most: number = Number.MAX_SAFE_INTEGER) =>
  (text: string) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const range =
      most === Number.MAX_SAFE_INTEGER ? `from ${least} up` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`Give a whole number ${range}.`);
  };

const collect = (value: string, earlier: string[] | undefined) => [...(earlier ?? []), value];

function option<T>(flags: string, description: string, parse?: (text: string, earlier: T) => T) {
  const made = new Option(flags, description);
  return parse === undefined ? made : made.argParser(parse);
}

const ENV_HELP = `
Environment:
  TWENTY_CRM_BASE_URL      where Twenty is, for example https://crm.example.com
  TWENTY_CRM_API_KEY       the key; it is never an argument
  TWENTY_CRM_ENABLED       anything but true switches syncing off
  TWENTY_CRM_SYNC_MODE     direct_crm, platform or disabled
  NO_COLOR, FORCE_COLOR    without colours, with colours

Exit codes:
  0  done                          4  the CRM cannot be reached
  1  done, something left over     5  the input cannot be read
  2  wrong usage                  70  a fault of this program
  3  configuration, key, rights  130  interrupted
`;

/** The one list of commands and options, which help and documentation are held to. */
function createProgram(handlers: Handlers, version: string) {
  const program = new Command('twenty-crm-native')
    .description('People and companies into Twenty CRM, from the command line.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', ENV_HELP)
    .configureHelp({ showGlobalOptions: false })
    .showSuggestionAfterError(true);

  common(program.command('doctor'))
    .description('check everything that syncing needs, and say what to do; changes nothing')
    .addOption(optionsOption())
    .action((options) => handlers.doctor(options));

  const schema = program.command('schema').description('the custom fields in Twenty');
  common(schema.command('plan'))
    .description('show which custom fields are there, missing or in the way; changes nothing')
    .addOption(optionsOption())
    .action((options) => handlers.schemaPlan(options));
  common(schema.command('apply'))
    .description('create the custom fields that are missing; asks first')
    .addOption(optionsOption())
    .addOption(option('-y, --yes', 'do not ask'))
    .action((options) => handlers.schemaApply(options));

  const sync = program.command('sync').description('many records from a file');
  for (const [name, entity] of [
    ['people', 'person'],
    ['companies', 'company'],
  ] as const) {
    syncOptions(
      common(sync.command(name))
        .description(`create and update ${name} from an NDJSON or CSV file`)
        .argument('<file>', 'the file, or - for standard input')
        .addHelpText('after', fieldsHelp(entity)),
    ).action((file, options) => handlers.sync(entity, file, options));
  }

  const upsert = program.command('upsert').description('one record');
  for (const entity of ['person', 'company'] as const) {
    serviceOptions(
      common(upsert.command(entity))
        .description(`create or update one ${entity}`)
        .argument('<record>', 'JSON, a file that holds it, or - for standard input')
        .addHelpText('after', fieldsHelp(entity)),
    ).action((record, options) => handlers.upsert(entity, record, options));
  }
  return program;
}

function fieldsHelp(entity: 'person' | 'company') {
  const [needed, others] = [REQUIRED[entity], FIELDS[entity]].map((names) => names.join(', '));
  return `\nFields, of which ${needed} are needed:\n  ${wrap(others, 96).join('\n  ')}\n`;
}

const common = (command: Command) =>
  command
    .helpOption('-h, --help', 'print help')
    .addOption(option('--json', 'print the outcome as one line of JSON on stdout'))
    .addOption(
      option('--env-file <file>', 'read variables from a file; the environment goes over it'),
    )
    .addOption(option('--timeout <ms>', 'of one attempt (10000 when not given)', wholeNumber(1)))
    .addOption(
      option('--retries <count>', 'after a failed attempt (3 when not given)', wholeNumber(0)),
    )
    .addOption(option('--no-color', 'no colours'));

const optionsOption = () =>
  option('--options <file>', 'JSON with options of the sync service: fieldNames, collisions, …');

const serviceOptions = (command: Command) =>
  command
    .addOption(optionsOption())
    .addOption(
      option(
        '--default-country <code>',
        'country of phone numbers without a country code, as in DE',
      ),
    )
    .addOption(option('--namespace <name>', 'as the site has it; goes into the ids'))
    .addOption(
      option(
        '--missing-email <what>',
        'people without an e-mail address: allow writes them (refuse when not given)',
      ).choices(['refuse', 'allow']),
    )
    .addOption(
      option(
        '--company-key <what>',
        'what a person’s company is known by (external_id when not given)',
      ).choices(['external_id', 'email_domain']),
    )
    .addOption(option('--allow-id', 'take ids that look spoilt: #N/A, NULL, 1.23E+17'));

const syncOptions = (command: Command) =>
  serviceOptions(command)
    .addOption(
      option('--format <format>', 'what the file is, where its name does not tell').choices([
        'csv',
        'ndjson',
      ]),
    )
    .addOption(option('--delimiter <character>', 'of CSV (detected when not given)'))
    .addOption(option('--encoding <name>', 'of the file (UTF-8 when not given)'))
    .addOption(
      option('--skip-lines <count>', 'lines that stand above the header of a CSV', wholeNumber(0)),
    )
    .addOption(option('--preset <program>', 'the columns of its export').choices(PRESETS))
    .addOption(option('--map <column=field>', 'which field a column fills; repeatable', collect))
    .addOption(option('--map-file <file>', 'the same as JSON: {"column": "field"}'))
    .addOption(option('--ignore <column>', 'leave a column out; repeatable', collect))
    .addOption(option('--ignore-unknown', 'leave out all columns that are no field'))
    .addOption(
      option('--id-from <field>', 'make ids of the address or the link').choices(['email', 'url']),
    )
    .addOption(option('--dry-run', 'say what would be done, and write nothing'))
    .addOption(option('--force', 'send records that have not changed, too'))
    .addOption(option('--verify', 'compare with what Twenty holds, and send only what differs'))
    .addOption(
      option(
        '--concurrency <count>',
        'batches in flight at once (4 when not given)',
        wholeNumber(1, 64),
      ),
    )
    .addOption(option('--mappings <file>', 'SQLite file that remembers ids and what was sent'))
    .addOption(option('--rejects <file>', 'where refused records go; can be fed back in'))
    .addOption(option('--from-line <line>', 'read over what stands before it', wholeNumber(1)))
    .addOption(option('-q, --quiet', 'no progress'));

export { createProgram };
