import type { Preset } from './index.js';

/**
 * Outlook's CSV of contacts: from the desktop program in English, German and French, and from Outlook on the web. Its
 * `Title` is a form of address, and `Company Main Phone` is not the person's.
 */
const preset: Preset = {
  name: 'outlook',
  title: 'Outlook',
  signs: [
    ['E-mail Address', 'Business Phone'],
    ['E-mail Address', 'Mobile Phone'],
    ['E-mail Address', 'Web Page'],
    ['E-mail Address', 'Company', 'Job Title'],
    ['E-mail Display Name'],
    ['E-Mail-Adresse', 'Telefon geschäftlich'],
    ['E-Mail-Adresse', 'Mobiltelefon'],
    ['E-Mail-Adresse', 'Vorname', 'Nachname'],
    ['Adresse de messagerie'],
  ],
  person: {
    'name.firstName': ['First Name', 'Vorname', 'Prénom'],
    'name.lastName': ['Last Name', 'Nachname', 'Nom'],
    email: [
      ...['E-mail Address', 'E-mail 2 Address', 'E-mail 3 Address'],
      ...['E-Mail-Adresse', 'E-Mail 2: Adresse', 'E-Mail 3: Adresse'],
      ...['Adresse de messagerie', 'Adresse de messagerie 2', 'Adresse de messagerie 3'],
    ],
    phone: [
      ...['Business Phone', 'Business Phone 2', 'Mobile Phone', 'Primary Phone'],
      ...['Home Phone', 'Home Phone 2', 'Other Phone', 'Car Phone', 'Radio Phone'],
      ...['Telefon geschäftlich', 'Telefon geschäftlich 2', 'Mobiltelefon', 'Haupttelefon'],
      ...['Telefon privat', 'Telefon privat 2', 'Weiteres Telefon', 'Autotelefon'],
      'Mobiltelefon 2',
      ...['Téléphone (bureau)', 'Téléphone 2 (bureau)', 'Tél. mobile', 'Téléphone principal'],
      ...['Téléphone (domicile)', 'Téléphone 2 (domicile)', 'Téléphone (autre)'],
      ...['Téléphone (voiture)', 'Radio téléphone'],
    ],
    // In French, the second of two columns of the same name.
    job_title: ['Job Title', 'Position', 'Titre#2'],
    company_name: ['Company', 'Firma', 'Société'],
    website: ['Web Page', 'Personal Web Page', 'Webseite', 'Page Web'],
    city: [
      ...['Business City', 'Home City', 'Other City'],
      ...['Ort geschäftlich', 'Ort privat', 'Weiterer Ort'],
      ...['Ville (bureau)', 'Ville (domicile)', 'Ville (autre)'],
    ],
  },
};

export { preset };
