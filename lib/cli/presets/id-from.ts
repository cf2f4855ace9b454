import { domainToASCII } from 'node:url';
import type { Unchecked } from '../../serialise.js';
import { BadRecord } from '../mapping.js';

/** The canonical form of an e-mail address: lower case, the domain in its ASCII form. */
function idOfEmail(text: string) {
  const [, local, domain] = /^([^\s@]+)@([^\s@]+)$/.exec(text.trim().normalize('NFC')) ?? [];
  const ascii = domainToASCII((domain ?? '').replace(/\.+$/, ''));
  return ascii === '' ? undefined : `${local.toLowerCase()}@${ascii}`;
}

/**
 * The canonical form of a page's address: https, the host in lower case, without query, fragment and trailing slash.
 * LinkedIn ignores case in paths, so there all of it is in lower case.
 */
function idOfUrl(text: string) {
  const trimmed = text.trim();
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z\d+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`);
  } catch {
    return undefined;
  }
  const isPage = /^https?:$/.test(url.protocol) && url.hostname.includes('.');
  if (!isPage || url.username !== '' || url.password !== '') return undefined;
  const path = url.pathname.replace(/\/+$/, '');
  const isLinkedIn = /(^|\.)linkedin\.com$/.test(url.hostname);
  if (!isLinkedIn) return `https://${url.host}${path}`;
  return `https://www.linkedin.com${path.toLowerCase()}`;
}

/** How each `--id-from` makes an id, and from which field. */
const SOURCES = {
  email: { field: 'email', part: 'primaryEmail', idOf: idOfEmail, what: 'e-mail address' },
  url: { field: 'website', part: 'primaryLinkUrl', idOf: idOfUrl, what: 'link' },
};

/** The id that `--id-from` makes. */
function made(record: Record<string, unknown>, from: keyof typeof SOURCES) {
  const { field, part, idOf, what } = SOURCES[from];
  if (record.external_id !== undefined && record.external_id !== null) {
    throw new BadRecord(
      'external_id',
      `the record already has an external_id, but --id-from ${from} would make one`,
    );
  }
  const value = (record[field] as Unchecked)?.[part] ?? record[field];
  const id = typeof value === 'string' ? idOf(value) : undefined;
  if (id !== undefined) return id;
  const isBlank = typeof value !== 'string' || value.trim() === '';
  throw new BadRecord(
    'external_id',
    `--id-from ${from} cannot make an id: ${isBlank ? `the record has no ${what}` : `"${value.slice(0, 100)}" is no ${what}`}`,
  );
}

export { made, SOURCES };
