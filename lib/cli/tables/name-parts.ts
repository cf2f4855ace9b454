/** How columns with the parts of a name are mostly called. */
const PARTS: Record<string, string> = {
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

export { PARTS };
