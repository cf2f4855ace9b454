// Replays transcripts one by one on a simulator, and reports differences between the answers.
import assert from 'node:assert/strict';
import http from 'node:http';
import { differences, IdMap } from './compare.mjs';
import { payloadOf, send } from './raw-http.mjs';
import { credentials } from './replay-steps.mjs';
import { Names, rowsIn } from './rows.mjs';

/** A look-up shows rows that existed before it. */
const isReading = ({ method, path, body }) =>
  method === 'GET' ||
  (path === '/graphql' && !body?.query?.startsWith('mutation')) ||
  path.endsWith('/duplicates');

/** Fields that only the recorded workspace of 2.31 has: those of demo objects, and those created earlier. */
export const elsewhere = new Set(
  [
    ['intro', 'whatsapp', 'workPreference', 'performanceRating', 'employees', 'tagline'],
    ['introVideo', 'workPolicy', 'visaSponsorship', 'uniqNum', 'website', 'tier', 'score'],
    ['leadStatus', 'tagsX', 'profileUrl', 'optIn', 'lastSeen', 'birthday', 'ltv', 'extra'],
    ['para', 'parb', 'parc', 'pard', 'city', 'status', 'accountType', 'planCustom'],
    ['aliases', 'fooBar', 'totalSubmissions', 'targetSurveyResult', 'targetSurveyResultId'],
  ].flat(),
);

/** The port of the recording's webhook listener. */
const recordedListener = '127.0.0.1:39099';

export class ReplaySession {
  /**
   * @param {Awaited<ReturnType<import('../helpers/sim.mjs').startSim>>} sim
   * @param {import('./transcripts.mjs').Transcript[]} transcripts
   * @param {string} listener `host:port` of the webhook listener.
   * @param {'2.21' | '2.31'} flavour
   */
  constructor(sim, transcripts, listener, flavour) {
    this.sim = sim;
    this.flavour = flavour;
    this.transcripts = transcripts;
    this.listener = listener;
    this.ids = new IdMap();
    this.etags = new Map();
    this.known = new Set();
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
    this.answers = new Map();
  }

  /** The transcript with that number. */
  recorded(number) {
    return this.transcripts.find((transcript) => transcript.number === number);
  }

  /** Sends a request that was made between two transcripts, but not recorded. */
  async call(method, path, body, key = this.sim.apiKey) {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = { Authorization: `Bearer ${key}` };
    if (payload !== undefined) headers['Content-Type'] = 'application/json';
    return send(this.agent, this.sim.baseUrl, { method, path, headers, payload });
  }

  /** As {@link call}, for a request that must succeed. */
  async mustCall(method, path, body, key) {
    const answer = await this.call(method, path, body, key);
    assert.ok(answer.status < 300, `${method} ${path} answered ${answer.status}: ${answer.text}`);
    return answer.body;
  }

  /** All objects of the workspace with their fields, in either metadata format. */
  async metadataObjects() {
    const { data } = await this.mustCall('GET', '/rest/metadata/objects?limit=200');
    return Array.isArray(data) ? data : data.objects;
  }

  /** Learns the names of objects; call it again after objects were added. */
  async learnNames() {
    this.objects = await this.metadataObjects();
    this.names = new Names(this.objects);
  }

  /** Learns names and the ids of recorded objects. */
  async learnWorkspace(recordedObjectIds) {
    await this.learnNames();
    for (const [nameSingular, recordedId] of recordedObjectIds) {
      const object = this.objects.find((each) => each.nameSingular === nameSingular);
      assert.ok(object, `the simulator has no object ${nameSingular}`);
      this.ids.pair(recordedId, object.id);
    }
  }

  /** Inserts rows of these answers that the simulator does not have yet. */
  async seedFrom(transcripts, accept = () => true) {
    const rows = {};
    for (const { request, response } of transcripts) {
      if (!request || request.path.startsWith('/rest/metadata')) continue;
      for (const { plural, row } of rowsIn(response.body, this.names)) {
        if (this.known.has(row.id) || !accept(row)) continue;
        this.known.add(row.id);
        rows[plural] ??= [];
        rows[plural].push(asStored(row));
      }
      this.#addFiller(request, response, rows);
    }
    if (Object.keys(rows).length > 0) await this.sim.seed(rows);
  }

  /** One more row of an object whose recorded list continues; it sorts after all others. */
  #addFiller({ path }, { body }, rows) {
    const plural = /^\/rest\/(\w+)\?limit=1$/.exec(path)?.[1];
    const id = 'ffffffff-ffff-4fff-bfff-ffffffffffff';
    if (
      !plural ||
      ['people', 'companies'].includes(plural) ||
      !hasMore(body) ||
      this.known.has(`${plural} ${id}`)
    )
      return;
    this.known.add(`${plural} ${id}`);
    rows[plural] ??= [];
    rows[plural].push({ id });
  }

  /** Inserts rows, or replaces those with the same id. */
  async seedRows(rowsByPlural) {
    const stored = {};
    for (const [plural, rows] of Object.entries(rowsByPlural)) {
      for (const row of rows) this.known.add(row.id);
      stored[plural] = rows.map(asStored);
    }
    await this.sim.seed(stored);
  }

  /** Forgets all ids: from here on, the workspace is another one. */
  startOver() {
    this.ids = new IdMap();
    this.etags.clear();
    this.known.clear();
  }

  /** The day at the beginning of an answer's dates. */
  dayOf(response) {
    const { date } = response.headers;
    return date ? new Date(date).toISOString().slice(0, 11) : 'no date';
  }

  /** Sends several transcripts at the same time, as they were recorded. */
  async sendTogether(first, last) {
    const run = this.transcripts.filter(({ number }) => number >= first && number <= last);
    await this.sim.nextIds(run.flatMap((transcript) => this.#insertedIds(transcript)).slice(0, 1));
    for (const transcript of run) this.#remember(transcript);
    await Promise.all(
      run.map(async (transcript) => {
        this.answers.set(transcript.number, await this.#send(transcript));
      }),
    );
  }

  /** Learns what the ids in other versions' answers to the same request stand for. */
  pairOthers(transcript, answer) {
    // Look-ups show rows of other workspaces.
    if (transcript.request.method === 'GET') return;
    for (const other of transcript.others) {
      if (other.response.status !== answer.status) continue;
      const ids = this.ids.of(other.server);
      const rules = { ids, day: this.dayOf(other.response), sent: '' };
      differences(other.response.body, answer.body, rules);
    }
  }

  /** The simulator's answer to one transcript's request. */
  async answerTo(transcript) {
    this.ids.of(transcript.server);
    const early = this.answers.get(transcript.number);
    if (early) return early;
    if (isReading(transcript.request)) await this.seedFrom([transcript]);
    await this.sim.nextIds(this.#insertedIds(transcript));
    this.#remember(transcript);
    const answer = await this.#send(transcript);
    const { etag } = transcript.response.headers;
    if (etag && answer.headers.etag) this.etags.set(etag, answer.headers.etag);
    return answer;
  }

  #remember({ response }) {
    for (const { row } of rowsIn(response.body, this.names)) this.known.add(row.id);
  }

  #send(transcript) {
    return send(this.agent, this.sim.baseUrl, this.#prepare(transcript));
  }

  /** The request in the form that the simulator gets. */
  #prepare(transcript) {
    const { method, path, headers } = transcript.request;
    const sent = {};
    for (const [name, value] of Object.entries(headers)) {
      const lower = name.toLowerCase();
      if (lower === 'content-length' && method !== 'POST') continue;
      if (lower === 'authorization') sent[name] = credentials(this, transcript.number, value);
      else if (lower === 'if-none-match') sent[name] = this.etags.get(value) ?? value;
      else sent[name] = value;
    }
    let payload = payloadOf(transcript);
    if (payload !== undefined && payload.length < 1e6) {
      payload = this.ids.translate(payload).replaceAll(recordedListener, this.listener);
    }
    return { method, path: this.ids.translate(path), headers: sent, payload };
  }

  /** Ids that the server chose for the rows of this request. */
  #insertedIds({ request, response }) {
    if (response.status !== 201) return [];
    if (request.path.startsWith('/rest/metadata') || request.path.startsWith('/rest/webhooks')) {
      return [];
    }
    const sent = JSON.stringify(request.body) ?? '';
    return rowsIn(response.body, this.names)
      .map(({ row }) => row.id)
      .filter((id) => !this.known.has(id) && !sent.includes(id));
  }

  /** Differences in the status and in the headers that clients read. */
  compareHead({ response, server }, answer) {
    const found = [];
    if (answer.status !== response.status) {
      found.push(
        `status: recorded ${response.status}, simulator ${answer.status} ${answer.text.slice(0, 300)}`,
      );
      return found;
    }
    const recordedType = response.headers['content-type'];
    if (answer.headers['content-type'] !== recordedType) {
      found.push(
        `content-type: recorded ${recordedType}, simulator ${answer.headers['content-type']}`,
      );
    }
    const told = ['etag', 'retry-after', 'content-encoding'];
    // Common headers of a version are only in its own recording.
    if (server.startsWith(this.flavour)) told.push('vary', 'access-control-allow-credentials');
    for (const name of told) {
      if (name in response.headers !== name in answer.headers) {
        found.push(
          `${name}: only ${name in answer.headers ? 'the simulator' : 'the recording'} has it`,
        );
      }
    }
    return found;
  }

  /**
   * @param {import('./transcripts.mjs').Transcript} transcript
   * @param {import('./raw-http.mjs').Answer} answer
   * @param {{anyOrder?: boolean, describing?: boolean}} [rules]
   * @returns {string[]} Differences in status, headers and body.
   */
  compare(transcript, answer, rules = {}) {
    const { request, response } = transcript;
    const { path } = request;
    const found = this.compareHead(transcript, answer);
    if (answer.status !== response.status) return found;
    const sent = `${decodeURIComponent(request.path.replaceAll(/%(?![0-9a-f]{2})/gi, '%25'))} ${JSON.stringify(request.body)}`;
    const shortened = /^<(\d+) bytes; starts /.exec(response.body);
    if (shortened) {
      const expected = Number(shortened[1]);
      if (Math.abs(answer.text.length - expected) > expected * 0.05) {
        found.push(`recorded ${expected} bytes, simulator ${answer.text.length}`);
      }
      return found;
    }
    return found.concat(
      differences(translateListener(response.body, this.listener), answer.body, {
        ids: this.ids,
        day: this.dayOf(response),
        elsewhere:
          transcript.server.startsWith('2.31') || transcript.number >= 600 ? elsewhere : undefined,
        sent: sent.replaceAll(recordedListener, this.listener),
        // Of a long list, only the recorded rows exist.
        roughCounts: isLong(response.body) && !path.startsWith('/rest/probeThings'),
        ...rules,
      }),
    );
  }

  close() {
    this.agent.destroy();
  }
}

/** A recorded row as a database stores it: blank text is null there. */
function asStored(row) {
  const blankless = (value) => {
    if (value === '') return null;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, blankless(part)]));
  };
  return blankless(row);
}

/** Whether a list has more rows than it shows. */
function hasMore(body) {
  return JSON.stringify(body ?? null).includes('"hasNextPage":true');
}

/** Whether a list has rows that were never recorded. */
function isLong(body) {
  const [, total] = /"totalCount":(\d+)/.exec(JSON.stringify(body ?? null)) ?? [];
  return hasMore(body) || Number(total) > 300;
}

function translateListener(body, listener) {
  return JSON.parse(JSON.stringify(body).replaceAll(recordedListener, listener));
}
