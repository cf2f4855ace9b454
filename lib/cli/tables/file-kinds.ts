/** How ZIP archives begin: with files, empty, and split. */
const ZIPS = ['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08'];
const [ZIP] = ZIPS;

const AS_CSV = 'Open it in its program, export the sheet as CSV (UTF-8), and give that file.';

/** File types that hold no text records, recognised by their first bytes and not by their name. */
const KINDS: readonly { what: string; advice: string; is: (text: string) => boolean }[] = [
  {
    what: 'an Excel workbook (.xlsx)',
    advice: AS_CSV,
    is: (text) => text.startsWith(ZIP) && /\[Content_Types\]|_rels\/|xl\/|docProps\//.test(text),
  },
  {
    what: 'an OpenDocument file (.ods)',
    advice: AS_CSV,
    is: (text) => text.startsWith(ZIP) && text.includes('vnd.oasis.opendocument'),
  },
  {
    what: 'a ZIP archive or a workbook',
    advice: `Unpack it and give the CSV file in it. If it is a workbook: ${AS_CSV[0].toLowerCase()}${AS_CSV.slice(1)}`,
    is: (text) => ZIPS.some((zip) => text.startsWith(zip)),
  },
  {
    what: 'an old Excel workbook (.xls) or another Microsoft Office file',
    advice: AS_CSV,
    is: (text) => text.startsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
  },
  {
    what: 'a PDF',
    advice: 'Export the records as CSV (UTF-8).',
    is: (text) => text.startsWith('%PDF-'),
  },
  {
    what: 'compressed with gzip',
    advice: 'Unpack it first: gunzip FILE.',
    is: (text) => text.startsWith('\x1f\x8b'),
  },
  { what: 'an RTF document', advice: AS_CSV, is: (text) => text.startsWith('{\\rtf') },
  {
    what: 'vCards',
    advice: 'Export the contacts as CSV instead.',
    is: (text) => /^\s*BEGIN:VCARD/i.test(text),
  },
  {
    what: 'an HTML page',
    advice: `It may be a sign-in page that was saved in place of the file, or a table that a program saved as .xls. Download it again; if it is a table: ${AS_CSV[0].toLowerCase()}${AS_CSV.slice(1)}`,
    is: (text) =>
      /^\s*<(!--|(!doctype html|html|head|body|meta|title|table|div|style|script|center)\b)/i.test(
        text,
      ),
  },
  { what: 'XML', advice: AS_CSV, is: (text) => /^\s*<\?xml\b/i.test(text) },
];

export { KINDS };
