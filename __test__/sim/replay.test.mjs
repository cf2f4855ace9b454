// Replays every recorded exchange with a real server on the simulator.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSim } from '../helpers/sim.mjs';
import { replayDeliveries } from './replay-deliveries.mjs';
import { ReplaySession } from './replay-session.mjs';
import { specialComparisons } from './replay-special.mjs';
import { stepsBefore } from './replay-steps.mjs';
import { loadTranscripts, transcriptsExist } from './transcripts.mjs';
import { WebhookListener } from './webhook-listener.mjs';

/**
 * Transcripts that are not replayed, with the reason. None may use a path that this project uses.
 * @type {Map<number, string>}
 */
const leftOut = new Map();

/** Bulk writes return rows in disk order, which only a database has. */
const diskOrder = /^(PATCH|PUT|DELETE) \/rest\/(restore\/)?[a-zA-Z]+\?/;

/** Metadata lists contain texts for people; texts that a client sent must come back unchanged. */
function describes({ method, path }) {
  if (!path.startsWith('/rest/metadata/')) return true;
  return method !== 'GET' && path.startsWith('/rest/metadata/fields');
}

/** The names of a server's transcripts. */
const servers = /** @type {const} */ (['2.21', '2.31']);

for (const flavour of servers) {
  test(`replay of the recorded transcripts on ${flavour}`, {
    skip: !transcriptsExist() && 'no shared folder',
  }, async (t) => {
    const transcripts = loadTranscripts(flavour);
    const replayed = { 2.21: 0, 2.31: 0 };
    const all = { 2.21: 0, 2.31: 0 };
    let listener;
    let sim;
    let session;
    before(async () => {
      listener = await WebhookListener.start((path) => (path === '/fail' ? 500 : 200));
      sim = await startSim({ flavour, preset: 'fresh', metadataFormat: 'legacy', rngSeed: 7 });
      session = new ReplaySession(sim, transcripts, listener.address, flavour);
    });
    after(async () => {
      session?.close();
      await sim?.stop();
      await listener?.stop();
    });

    for (const transcript of transcripts) {
      const { number, file } = transcript;
      const server = servers.find((version) => transcript.server.startsWith(version));
      all[server] += 1;
      const reason = leftOut.get(number);
      if (reason) {
        t.diagnostic(`left out ${file}: ${reason}`);
        continue;
      }
      await t.test(file.replace('.json', ''), async () => {
        await stepsBefore.get(number)?.(session);
        const found = transcript.deliveries
          ? await replayDeliveries(session, transcript, listener)
          : await replayOne(session, transcript);
        assert.deepEqual(found, []);
        replayed[server] += 1;
      });
    }
    for (const server of servers) {
      t.diagnostic(
        `flavour ${flavour}: replayed ${replayed[server]} of ${all[server]} transcripts of ${server}`,
      );
    }
  });
}

async function replayOne(session, transcript) {
  const answer = await session.answerTo(transcript);
  const special = specialComparisons.get(transcript.number);
  const { method, path, body } = transcript.request;
  const found = special
    ? await special(session, transcript, answer)
    : session.compare(transcript, answer, {
        describing: describes(transcript.request),
        anyOrder: diskOrder.test(`${method} ${path}`) || /\bupdatePeople\(/.test(body?.query),
      });
  session.pairOthers(transcript, answer);
  return found;
}
