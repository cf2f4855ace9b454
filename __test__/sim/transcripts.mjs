// Reads the recorded transcripts of real servers. They are outside the repository.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inItsPlace } from './repeated.mjs';

const repoRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The folder with the recordings; TWENTY_SHARED_DIR overrides it. */
export const sharedDir = process.env.TWENTY_SHARED_DIR ?? path.resolve(repoRoot, '../shared');
const folders = {
  2.21: path.join(sharedDir, 'twenty/transcripts'),
  2.31: path.join(sharedDir, 'twenty/transcripts-2.31'),
};

/** @returns {boolean} */
export function transcriptsExist() {
  return Object.values(folders).every((folder) => existsSync(folder));
}

/**
 * @typedef {object} Transcript
 * @property {number} number Position in the recording.
 * @property {string} file
 * @property {string} name
 * @property {string} server The version that answered.
 * @property {string[]} alikeOn Other versions with the same answer.
 * @property {Transcript[]} others Different answers of other versions under the same number.
 * @property {{method: string, path: string, headers: Record<string, string>, body: any}} [request]
 * @property {{status: number, headers: Record<string, string>, body: any, bytes: number}} [response]
 * @property {any[]} [deliveries]
 */

/** @returns {Transcript[]} */
function read(folder) {
  return readdirSync(folder)
    .filter((file) => /^\d{3}-.*\.json$/.test(file))
    .sort()
    .map((file) => {
      const raw = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
      const transcript = {
        number: Number(file.slice(0, 3)),
        file,
        name: raw.name,
        server: raw.server ?? '2.21.0',
        alikeOn: raw.same_on ?? [],
        others: [],
      };
      if (raw.deliveries) return { ...transcript, deliveries: raw.deliveries };
      const headers = {};
      for (const [name, value] of raw.response.headers) headers[name.toLowerCase()] = value;
      return {
        ...transcript,
        request: {
          method: raw.request.method,
          path: raw.request.url.replace(/^https?:\/\/[^/]+/, '').replace(/^[\d.]+:\d+/, ''),
          headers: raw.request.headers ?? {},
          body: raw.request.body,
        },
        response: {
          status: raw.response.status,
          headers,
          body: raw.response.body,
          bytes: raw.response.body_bytes,
        },
      };
    });
}

/** The first number whose request 2.21 had not had before. */
const FIRST_NEW = 600;

/**
 * The known answers of a version, in recorded order: its own, and the equal ones of the other version.
 * @param {'2.21' | '2.31'} flavour
 * @returns {Transcript[]}
 */
export function loadTranscripts(flavour) {
  const answers = (transcript) =>
    [transcript.server, ...transcript.alikeOn].some((version) => version.startsWith(flavour));
  const old = read(folders['2.21']);
  const newer = read(folders['2.31']);
  const isNew = ({ number }) => number >= FIRST_NEW;
  const all = [...old, ...newer];
  const others = ({ number }) =>
    all.filter((each) => each.number === number && each.request && !answers(each));
  const repeated = new Map(newer.filter((each) => !isNew(each)).map((each) => [each.number, each]));
  const first = old
    .map((transcript) => (flavour === '2.31' && repeated.get(transcript.number)) || transcript)
    // The deliveries were captured again on 2.31, under their own number.
    .filter(({ deliveries }) => flavour === '2.21' || !deliveries);
  return [...first, ...newer.filter((each) => isNew(each) && answers(each))].map((transcript) =>
    inItsPlace({ ...transcript, others: others(transcript) }),
  );
}
