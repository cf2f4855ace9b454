import type { Preset } from './index.js';

/** LinkedIn's `Connections.csv`: some lines of notes, then the header. Most people there share no e-mail address. */
const preset: Preset = {
  name: 'linkedin',
  title: 'LinkedIn connections',
  signs: [
    ['Connected On', 'Position'],
    ['First Name', 'Last Name', 'Connected On'],
  ],
  person: {
    'name.firstName': ['First Name'],
    'name.lastName': ['Last Name'],
    email: ['Email Address'],
    job_title: ['Position'],
    company_name: ['Company'],
    website: ['URL'],
  },
};

export { preset };
