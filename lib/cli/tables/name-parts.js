'use strict';

/** How columns with the parts of a name are mostly called. @type {Record<string, string>} */
const PARTS = {
  firstname: 'name.firstName',
  givenname: 'name.firstName',
  forename: 'name.firstName',
  vorname: 'name.firstName',
  lastname: 'name.lastName',
  familyname: 'name.lastName',
  surname: 'name.lastName',
  nachname: 'name.lastName',
  familienname: 'name.lastName',
};

module.exports = { PARTS };
