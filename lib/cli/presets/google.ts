import type { Preset } from './index.js';

/**
 * Google Contacts, "Google CSV": today's format (`First Name`, `E-mail 1 - Label`) and the one before it (`Given Name`,
 * `E-mail 1 - Type`). ` ::: ` separates several values in a cell.
 */
const preset: Preset = {
  name: 'google',
  title: 'Google Contacts',
  signs: [
    ['E-mail 1 - Value'],
    ['Phone 1 - Value'],
    ['Given Name Yomi'],
    ['Phonetic First Name', 'File As'],
    ['Given Name', 'Group Membership'],
  ],
  several: { separator: ' ::: ' },
  person: {
    'name.firstName': ['First Name', 'Given Name'],
    'name.lastName': ['Last Name', 'Family Name'],
    name: ['Name'],
    email: [/^email\d+value$/],
    phone: [/^phone\d+value$/],
    job_title: ['Organization Title', /^organization\d+title$/],
    company_name: ['Organization Name', /^organization\d+name$/],
    website: [/^website\d+value$/],
    city: [/^address\d+city$/],
  },
};

export { preset };
