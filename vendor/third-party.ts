// What the command line uses of other packages. scripts/build-lib.mjs makes one file of it, so that nobody who installs
// this package installs them.
export { SingleBar } from 'cli-progress';
export { Command, InvalidArgumentError, Option } from 'commander';
export { parse } from 'csv-parse/sync';
