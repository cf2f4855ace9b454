// Reads the recorded transcripts of a real server. They live outside the repository.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const repoRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The folder with the server's recordings; TWENTY_SHARED_DIR overrides its place. */
export const sharedDir = process.env.TWENTY_SHARED_DIR ?? path.resolve(repoRoot, '../shared');
const transcriptDir = path.join(sharedDir, 'twenty/transcripts');

/** @returns {boolean} */
export function transcriptsExist() {
  return existsSync(transcriptDir);
}

/**
 * @typedef {object} Transcript
 * @property {number} number Position in the recording.
 * @property {string} file
 * @property {string} name
 * @property {{method: string, path: string, headers: Record<string, string>, body: any}} [request]
 * @property {{status: number, headers: Record<string, string>, body: any, bytes: number}} [response]
 * @property {any[]} [deliveries]
 */

/** @returns {Transcript[]} In the order in which they were recorded. */
export function loadTranscripts() {
  return readdirSync(transcriptDir)
    .filter((file) => /^\d{3}-.*\.json$/.test(file))
    .sort()
    .map((file) => {
      const raw = JSON.parse(readFileSync(path.join(transcriptDir, file), 'utf8'));
      const transcript = { number: Number(file.slice(0, 3)), file, name: raw.name };
      if (raw.deliveries) return { ...transcript, deliveries: raw.deliveries };
      const headers = {};
      for (const [name, value] of raw.response.headers) headers[name.toLowerCase()] = value;
      return {
        ...transcript,
        request: {
          method: raw.request.method,
          path: raw.request.url.replace(/^https?:\/\/[^/]+/, ''),
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
