// The rows of a report as files: a workbook first, for CSV cannot say of a protocol that it is a text.

import { exported } from './api.js';
import { save } from './csv.js';
import { button } from './parts.js';
import { isEnglish } from './text.js';

// The most rows of a page, so that a workbook is as few files as can be.
const MOST_ROWS = 50000;

// Every page of a workbook is a file of its own: `sessions.xlsx`, `sessions-2.xlsx`.
async function workbooks(name, rows, lang) {
  let number = 1;
  for (let from = ''; from !== null; number += 1) {
    const { bytes, cursor } = await exported(rows, { format: 'xlsx', limit: MOST_ROWS, lang, ...(from && { cursor: from }) });
    save(`${name}${number > 1 ? `-${number}` : ''}.xlsx`, new Blob([bytes]));
    from = cursor ?? null;
  }
}

// All pages of CSV as one file: every page but the first loses its mark and its line of labels.
async function csv(name, rows, lang) {
  const parts = [];
  for (let from = ''; from !== null;) {
    const { bytes, cursor } = await exported(rows, { format: 'csv', lang, ...(from && { cursor: from }) });
    parts.push(parts.length === 0 ? bytes : bytes.subarray(bytes.indexOf(10) + 1));
    from = cursor ?? null;
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
