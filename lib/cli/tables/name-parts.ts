/** Common column names for the parts of a name. */
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
