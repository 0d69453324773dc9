// Tables as files that a spreadsheet opens.

import { h } from './dom.js';
import { isEnglish } from './text.js';

// What a spreadsheet would compute gets an apostrophe; what holds a separator gets quotes. In Portuguese, a number has a
// comma.
function cell(value, separator) {
  const comma = typeof value === 'number' && !isEnglish();
  const text = comma ? String(value).replace('.', ',') : String(value ?? '');
  const guarded = typeof value !== 'number' && /^(?:[\t\r\n]|[\s\p{C}]*[=+\-@＝＋－＠])/u.test(text) ? `'${text}` : text;
  return guarded.includes(separator) || /["\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

// Rows of values: semicolons and a byte order mark in Portuguese, as the server writes its files.
export function csv(rows) {
  const separator = isEnglish() ? ',' : ';';
  const lines = rows.map((row) => row.map((value) => cell(value, separator)).join(separator));
  return new Blob([isEnglish() ? '' : '\uFEFF', lines.join('\r\n'), '\r\n'], { type: 'text/csv;charset=utf-8' });
}

export function save(name, blob) {
  const url = URL.createObjectURL(blob);
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
