// One piece of work in a new process, which remembers nothing: `node bench/tokens/child.mjs '<job>'`. Prints one line
// of JSON.
import { createTwentyCrmSyncService } from '../../index.mjs';
import { works } from './works.mjs';

/** @typedef {{ name: string, runs: number, server: { baseUrl: string, apiKey: string } }} Job */

/** @type {Job} */
const { name, runs, server } = JSON.parse(process.argv[2]);
const work = works(runs).find((each) => each.name === name);
if (work === undefined) throw new Error(`there is no work ${name}`);
const service = createTwentyCrmSyncService(server);
const outcome = await work.write(service);
const { throttleWaitMs: waitedMs } = service.stats();
console.log(JSON.stringify({ ...outcome, waitedMs }));
// Idle keep-alive connections must not keep the process alive.
process.exit(0);
