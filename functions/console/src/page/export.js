// The rows of a report as files: a workbook first, for CSV cannot say of a protocol that it is a text.

import { exported } from './api.js';
import { save } from './csv.js';
import { button } from './parts.js';
import { isEnglish } from './text.js';

// The most rows of a page, so that a workbook is as few files as can be.
const MOST_ROWS = 50000;

// The pages of a file, one after the other.
async function* pages(rows, query) {
  let from;
  do {
    const { bytes, cursor } = await exported(rows, { ...query, ...(from && { cursor: from }) });
    yield bytes;
    from = cursor;
  } while (from);
}

// Every page of a workbook is a file of its own: `sessions.xlsx`, `sessions-2.xlsx`.
async function workbooks(name, rows, lang) {
  let number = 0;
  for await (const bytes of pages(rows, { format: 'xlsx', limit: MOST_ROWS, lang })) {
    number += 1;
    save(`${name}${number > 1 ? `-${number}` : ''}.xlsx`, new Blob([bytes]));
  }
}

// All pages of CSV as one file: every page but the first loses its mark and its line of labels.
async function csv(name, rows, lang) {
  const parts = [];
  for await (const bytes of pages(rows, { format: 'csv', lang })) {
    parts.push(parts.length === 0 ? bytes : bytes.subarray(bytes.indexOf(10) + 1));
  }
  save(`${name}.csv`, new Blob(parts, { type: 'text/csv;charset=utf-8' }));
}

// The buttons that download rows (see `rowsOf`) under a name.
export function downloads(label, name, rows) {
  const lang = isEnglish() ? 'en' : 'pt';
  return [
    button(`${label} (Excel)`, () => workbooks(name, rows, lang)),
    button(`${label} (CSV)`, () => csv(name, rows, lang)),
  ];
}
