// Every recorded exchange with a real server, played against the simulator.
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
 * Transcripts that are not played, with the reason. None may touch a path that this project uses.
 * @type {Map<number, string>}
 */
const leftOut = new Map();

/** Bulk writes answer in the order of the rows on disk, which only a database has. */
const diskOrder = /^(PATCH|PUT|DELETE) \/rest\/(restore\/)?[a-zA-Z]+\?/;

/** Metadata lists show texts for people; what a client sent has to come back word by word. */
function describes({ method, path }) {
  if (!path.startsWith('/rest/metadata/')) return true;
  return method !== 'GET' && path.startsWith('/rest/metadata/fields');
}

test('replay of the recorded transcripts', {
  skip: !transcriptsExist() && 'no shared folder',
}, async (t) => {
  const transcripts = loadTranscripts();
  let listener;
  let sim;
  let session;
  let replayed = 0;
  before(async () => {
    listener = await WebhookListener.start((path) => (path === '/fail' ? 500 : 200));
    sim = await startSim({ preset: 'fresh', metadataFormat: 'legacy', rngSeed: 7 });
    session = new ReplaySession(sim, transcripts, listener.address);
  });
  after(async () => {
    session?.close();
    await sim?.stop();
    await listener?.stop();
  });

  for (const transcript of transcripts) {
    const { number, file } = transcript;
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
      replayed += 1;
    });
  }
  t.diagnostic(`replayed ${replayed} of ${transcripts.length} transcripts`);
});

async function replayOne(session, transcript) {
  const answer = await session.answerTo(transcript);
  const special = specialComparisons.get(transcript.number);
  if (special) return special(session, transcript, answer);
  const { method, path } = transcript.request;
  return session.compare(transcript, answer, {
    describing: describes(transcript.request),
    anyOrder: diskOrder.test(`${method} ${path}`),
  });
}
