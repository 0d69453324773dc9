// The audit log: who did what to the account, newest first.

import { call } from './api.js';
import { h } from './dom.js';
import { form, note, run, table } from './parts.js';
import { periodFields, periodOf } from './period.js';
import { NONE, counted, instant, number, say } from './text.js';

const AT_ONCE = 50;

// What the API calls what was done, in words.
const actions = () => ({
  token_issued: say('Token emitido', 'Token issued'),
  token_revoked: say('Token revogado', 'Token revoked'),
  signed_in: say('Entrada no console', 'Signed in to the console'),
  signed_out: say('Saída do console', 'Signed out of the console'),
  account_changed: say('Configurações da conta alteradas', 'Account’s settings changed'),
  settings_changed: say('Configurações do operador alteradas', 'Operator’s settings changed'),
  reports_changed: say('Lista de relatórios alterada', 'List of reports changed'),
  file_deleted: say('Arquivo apagado', 'File deleted'),
  file_opened: say('Arquivo aberto por um link', 'File opened by a link'),
  exported: say('Linhas exportadas', 'Rows exported'),
  people_searched: say('Busca de titulares', 'People searched for'),
  person_exported: say('Dados de um titular exportados', 'Data of a person exported'),
  person_erased: say('Pedido para apagar um titular', 'Erasure of a person ordered'),
});

// Who did it: the id of a token, or a word where there was none.
const doers = () => ({
  link: say('quem tinha o link', 'whoever had the link'),
  bootstrap: say('o segredo de instalação', 'the bootstrap secret'),
  host: say('a máquina do ambiente', 'the stack’s own machine'),
});

// The id of a token or of a person stays on one line.
const named = (id) => (/^[0-9a-f]{32}$/.test(id) ? h('code', { class: 'still' }, id) : h('bdi', {}, id));

// Only what the table has itself: a name that is in every object is none of its words.
const word = (words, id) => (Object.hasOwn(words, id) ? words[id] : null);

const row = (entry) => [
  instant(entry.at),
  word(actions(), entry.action) ?? h('bdi', {}, entry.action),
  entry.about ? named(entry.about) : NONE,
  word(doers(), entry.by) ?? named(entry.by),
  { content: number(entry.count), class: 'right' },
];

const heads = () => [say('Quando', 'When'), say('O que foi feito', 'What was done'), say('A quê', 'To what'),
  say('Com qual token', 'With which token'), { text: say('Vezes', 'Times'), class: 'right' }];

// The log of a period, which is chosen in place: the rest of the page stays.
export async function auditLog(params) {
  let period = periodOf(params);
  let entries = [];
  let cursor = null;
  const list = h('div');
  const count = h('p', { class: 'note', role: 'status' });
  const failed = h('div', { 'aria-live': 'polite' });
  const more = h('button', { type: 'button', class: 'quiet' }, say('Mostrar mais', 'Show more'));
  const load = async (from) => {
    const found = [];
    let next = from;
    // A page may be empty though the log goes on.
    do {
      const query = { start: period.from, end: period.to, limit: AT_ONCE, ...(next && { cursor: next }) };
      const page = await call('GET', 'v1/audit', { query });
      found.push(...page.entries);
      next = page.nextCursor;
    } while (next && found.length === 0);
    // What is counted by day stands where its day begins or ends.
    entries = (from ? entries.concat(found) : found).sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
    cursor = next;
    more.hidden = !cursor;
    const newest = say(`Mostrados: ${number(entries.length)}. Há mais antigos.`, `Shown: ${number(entries.length)}. There are older ones.`);
    count.replaceChildren(cursor ? newest : `${counted(entries.length, say('registro', 'entry'), say('registros', 'entries'))}.`);
    list.replaceChildren(table(say('Registro de auditoria', 'Audit log'), heads(), entries.map(row),
      { none: say('Nada neste período.', 'Nothing in this period.') }));
  };
  more.addEventListener('click', () => run(more, failed, () => load(cursor)));
  await load(null);
  const choose = async ({ from, to }) => {
    const [first, last] = [from, to].sort();
    period = { from: first, to: last };
    await load(null);
  };
  return [
    note(say('Guardado por cinco anos, sem nada do que foi dito. Buscas, exportações de linhas e arquivos abertos são contados por dia (UTC), e a hora é a da primeira vez.',
      'Kept for five years, without anything that was said. Searches, exports of rows and opened files are counted by day (UTC), and the time is that of the first.')),
    form([periodFields(period)], say('Mostrar', 'Show'), choose, { inline: true }),
    count, list, h('div', { class: 'buttons' }, more), failed,
  ];
}
