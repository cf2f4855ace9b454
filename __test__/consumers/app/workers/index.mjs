// A pool of worker threads that share one list of work. Prints the results as JSON.
import { Worker } from 'node:worker_threads';

const server = JSON.parse(process.argv[2]);
const queue = Array.from({ length: 40 }, (_, n) => ({
  external_id: `worker_${n % 20}`,
  name: `Worker ${n % 20}`,
}));
const results = [];

/** One thread, which takes records until none are left. */
function work() {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: server });
    const next = () => worker.postMessage(queue.shift() ?? null);
    worker.on('message', (result) => {
      results.push(result);
      next();
    });
    worker.on('error', reject);
    worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`exit ${code}`))));
    next();
  });
}

await Promise.all([work(), work(), work(), work()]);
// Ending a thread in the middle of a call affects no other.
const interrupted = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: server });
interrupted.postMessage({ external_id: 'worker_0', name: 'Interrupted' });
await interrupted.terminate();
const ids = new Set(results.map(({ id }) => id));
const created = results.filter((result) => result.created).length;
console.log(JSON.stringify({ results: results.length, ids: ids.size, created }));
