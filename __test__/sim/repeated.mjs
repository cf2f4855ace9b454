// Transcripts that were repeated on another server take the place of the first server's: they are replayed among the
// rows of the first recording.

/** @typedef {import('./transcripts.mjs').Transcript} Transcript */

/** Creation times of the two dev seeds, whose rows are otherwise the same. */
const bornAt = { first: '2026-11-23T12:18:03.455Z', repeated: '2026-11-30T16:55:01.862Z' };

/** A page of the dev seed, rewritten to the rows of the first recording. */
function withFirstBirth(transcript) {
  const text = JSON.stringify(transcript.response.body).replaceAll(bornAt.repeated, bornAt.first);
  return { ...transcript, response: { ...transcript.response, body: JSON.parse(text) } };
}

/** A cursor with the first seed's creation time is a week before all rows of the other one. */
function beforeAllRows(transcript) {
  const [whole, cursor] = /starting_after=([^&]+)/.exec(transcript.request.path);
  const values = JSON.parse(Buffer.from(decodeURIComponent(cursor), 'base64').toString());
  values.createdAt = values.createdAt.replace('2026', '2025');
  const earlier = Buffer.from(JSON.stringify(values)).toString('base64');
  const path = transcript.request.path.replace(whole, `starting_after=${earlier}`);
  return { ...transcript, request: { ...transcript.request, path } };
}

/**
 * A backward page among rows with random ids: the rows of the first recording, with the page information of the other
 * version, which is checked against its own rows.
 */
function amongFirstRows(transcript) {
  const [first] = transcript.others;
  const { data, pageInfo } = transcript.response.body;
  const { startCursor, endCursor, ...rest } = first.response.body.pageInfo;
  const idIn = (cursor) => JSON.parse(Buffer.from(cursor, 'base64').toString()).id;
  const isInOrder =
    idIn(pageInfo.startCursor) === data.people.at(0).id &&
    idIn(pageInfo.endCursor) === data.people.at(-1).id;
  if (!isInOrder) throw new Error(`${transcript.file} has its cursors the other way round`);
  const body = {
    ...first.response.body,
    pageInfo: {
      ...rest,
      hasNextPage: pageInfo.hasNextPage,
      startCursor: endCursor,
      endCursor: startCursor,
    },
  };
  const { date } = first.response.headers;
  const headers = { ...transcript.response.headers, date };
  const response = { ...transcript.response, headers, body };
  return { ...transcript, request: first.request, response };
}

/** The time in a cursor of the changes. */
const cursorText = (text) => /eyJ1cGRhdGVkQXQi[\w+/=%-]+/.exec(text)?.[0];
const decoded = (cursor) => Buffer.from(decodeURIComponent(cursor), 'base64').toString();

/** Pages of rows with the same time: uses the time of the other recording, whose rows are there. */
function atTheMomentOf(transcript) {
  const [other] = transcript.others;
  const [own, its] = [transcript, other].map(({ request, response }) => {
    const cursor = cursorText(JSON.stringify([request, response.body]));
    return JSON.parse(decoded(cursor)).updatedAt;
  });
  const move = (value) => {
    const text = JSON.stringify(value).replaceAll(own, its);
    const moved = text.replace(/eyJ1cGRhdGVkQXQi[\w+/=%-]+/g, (cursor) =>
      Buffer.from(decoded(cursor).replaceAll(own, its)).toString('base64'),
    );
    return JSON.parse(moved);
  };
  const { request, response } = transcript;
  const { date } = other.response.headers;
  return {
    ...transcript,
    request: { ...request, path: move(request.path), body: move(request.body ?? null) },
    response: { ...response, headers: { ...response.headers, date }, body: move(response.body) },
  };
}

/** @type {Map<number, (transcript: Transcript) => Transcript>} */
const places = new Map([
  ...[17, 20, 62, 63, 66].map((number) => [number, withFirstBirth]),
  [65, beforeAllRows],
  [391, amongFirstRows],
  [392, amongFirstRows],
]);
/** The same for the answers of 2.21 to requests that were repeated there. */
const places221 = new Map([910, 911, 913].map((number) => [number, atTheMomentOf]));

/** @param {Transcript} transcript @returns {Transcript} */
export function inItsPlace(transcript) {
  if (transcript.others.length === 0) return transcript;
  const moves = transcript.server.startsWith('2.31') ? places : places221;
  return moves.get(transcript.number)?.(transcript) ?? transcript;
}
