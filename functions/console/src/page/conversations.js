// Conversas: finds sessions by protocol, id, contact or what a chart filtered by, and opens one as a thread.

import { filter, page, rowsOf, serverNow } from './api.js';
import { h } from './dom.js';
import { downloads } from './export.js';
import { empty, field, form, input, note, run, select, table } from './parts.js';
import { periodFields, periodOf } from './period.js';
import { go, href } from './route.js';
import { counted, number, say, second, weekdays } from './text.js';
import { thread } from './thread.js';

const AT_ONCE = 50;
const FIELDS = ['created_at', 'session_id', 'protocol', 'contact_name', 'campaign_name', 'agent_name', 'channel', 'status', 'tabulation'];

// What was searched for: kept here and not in the address, since it may be somebody's name or phone.
const asked = { text: '' };

// --- What is looked for ----------------------------------------------------------------------------------------

const ways = () => [
  ['list', say('Todas do período', 'All of the period')],
  ['contact', say('Contato: nome, telefone ou ID', 'Contact: name, phone or id')],
  ['protocol', say('Protocolo', 'Protocol')],
  ['session', say('ID da sessão', 'Session id')],
];

// A name as people type it: any case, with or without accents.
function loosely(text) {
  const letters = { a: 'aáàâãä', e: 'eéèêë', i: 'iíìîï', o: 'oóòôõö', u: 'uúùûü', c: 'cç', n: 'nñ' };
  const plain = text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const escaped = plain.replace(/[\\^$.*+?()[\]{}|#&~-]/g, '\\$&');
  return `(?i)${escaped.replace(/[aeioucn]/g, (letter) => `[${letters[letter]}]`).replaceAll(' ', ' +')}`;
}

// The digits of what looks like a phone number; any other text as it is.
const phone = (text) => (/^[-+() \d]*\d[-+() \d]*$/.test(text) ? text.replace(/\D/g, '') : text);

// The filters of a search and whether the period bounds it: an id is looked for in all that is kept.
function search(by, text) {
  if (by === 'list') return { filters: [], bounded: true };
  if (by === 'protocol') return { filters: [[filter('protocol', text)]], bounded: false };
  if (by === 'session') return { filters: [[filter('session_id', text)]], bounded: false };
  return {
    filters: [[
      filter('contact_name', loosely(text), 'REGEXP_PARTIAL_MATCH'), filter('contact_id', text),
      filter('platform_id', phone(text), 'CONTAINS'),
    ]],
    bounded: true,
  };
}

// What a chart's link filters by, `field:value`; no value means that the field is empty.
function conditions(params) {
  return params.getAll('where').map((one) => {
    const [id] = one.split(':', 1);
    return [id, one.slice(id.length + 1)];
  });
}

function condition([id, value]) {
  const names = {
    campaign_name: say('Equipe', 'Team'), channel: say('Canal', 'Channel'), tabulation: say('Tabulação', 'Tabulation'),
    created_weekday: say('Dia', 'Day'), created_hour: say('Hora', 'Hour'),
  };
  if (id === 'lost_sessions') return say('Perdidas', 'Lost');
  const shown = id === 'created_weekday' ? weekdays()[value] : value;
  return `${names[id] ?? id}: ${shown || say('(vazio)', '(empty)')}`;
}

function searchForm(by, period, where) {
  const text = input('text', { value: asked.text, maxlength: 200, spellcheck: 'false' });
  const choice = select('by', ways(), by);
  const typed = field(say('O quê', 'What'), text);
  const adapt = () => {
    typed.hidden = choice.value === 'list';
    text.required = choice.value !== 'list';
  };
  choice.addEventListener('change', adapt);
  adapt();
  return form([h('div', { class: 'fields' }, field(say('Procurar por', 'Find by'), choice), typed), periodFields(period)],
    say('Procurar', 'Find'), (values) => {
      asked.text = values.text.trim().replace(/\s+/g, ' ');
      go('conversas', { by: values.by, from: values.from, to: values.to, where: values.by === 'list' ? where : [] });
    }, { inline: true });
}

// --- What is found ---------------------------------------------------------------------------------------------

// A session's thread, which leads back to this list.
function threadOf(id, params) {
  const wanted = new URLSearchParams(params);
  wanted.set('session', id);
  return href('conversas', wanted);
}

const cells = (row, params) => [
  h('a', { class: 'still', href: threadOf(row.session_id, params) }, second(row.created_at)),
  ...FIELDS.slice(2).map((id) => row[id] && h('bdi', {}, row[id])),
];

const heads = () => [say('Criada', 'Created'), say('Protocolo', 'Protocol'), say('Contato', 'Contact'), say('Equipe', 'Team'),
  say('Agente', 'Agent'), say('Canal', 'Channel'), 'Status', say('Tabulação', 'Tabulation')];

// The sessions page by page, oldest first, and all of them as a file.
async function found(options, params) {
  const list = h('div', {});
  const more = h('button', { type: 'button', class: 'quiet' }, say('Mostrar mais', 'Show more'));
  const count = note();
  const failed = h('div', { 'aria-live': 'polite' });
  let rows = [];
  let cursor = null;
  const load = async () => {
    const answer = await page('sessions', FIELDS, { ...options, cursor, limit: AT_ONCE });
    rows = rows.concat(answer.rows);
    cursor = answer.next;
    more.hidden = !cursor;
    const shown = number(rows.length);
    count.replaceChildren(cursor
      ? say(`As primeiras ${shown}, em ordem de criação.`, `The first ${shown}, in order of creation.`)
      : `${counted(rows.length, say('sessão', 'session'), say('sessões', 'sessions'))}.`);
    list.replaceChildren(table(say('Sessões', 'Sessions'), heads(), rows.map((row) => cells(row, params)),
      { none: say('Nenhuma sessão encontrada.', 'No session found.') }));
  };
  more.addEventListener('click', () => run(more, failed, load));
  await load();
  const files = rows.length > 0 && downloads(say('Baixar estas sessões', 'Download these sessions'), 'sessions',
    rowsOf('sessions', FIELDS, options));
  return [count, list, h('div', { class: 'buttons' }, more, files), failed];
}

export async function content(params) {
  if (params.get('session')) return thread(params);
  const period = periodOf(params, 1);
  const wanted = conditions(params);
  const by = ways().some(([id]) => id === params.get('by')) ? params.get('by') : 'list';
  const top = [searchForm(by, period, params.getAll('where'))];
  if (wanted.length > 0) {
    top.push(h('p', { class: 'chips' }, wanted.map((one) => h('span', { class: 'chip' }, condition(one))), ' ',
      h('a', { href: href('conversas', period) }, say('Tirar os filtros', 'Remove the filters'))));
  }
  if (by !== 'list' && !asked.text) return [...top, empty(say('Escreva o que procurar.', 'Write what to find.'))];
  const { filters, bounded } = search(by, asked.text);
  const both = [...filters, ...wanted.map(([id, value]) => [filter(id, value)])];
  return [...top, ...await found({ filters: both, period: bounded ? period : null, refresh: serverNow() }, params)];
}
