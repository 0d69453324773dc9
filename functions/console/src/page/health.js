// Integridade dos dados: whether what came in can be read, what is quarantined, who still asks, and what it costs.

import { all, call, serverNow } from './api.js';
import { costForm } from './cost.js';
import { h } from './dom.js';
import { note, reason, section, table } from './parts.js';
import { daysBefore, today } from './period.js';
import { reportTokens } from './tokens.js';
import { NONE, day, instant, number, say, size } from './text.js';

const DAYS = 30;
// A token that nobody has used for this long deserves a look.
const UNUSED_DAYS = 30;

const right = (content) => ({ content, class: 'right' });

// How a day differs: sessions that are not where they should be, of which the API names a few.
function difference(one) {
  const kinds = [
    [say('confirmadas e não guardadas', 'acknowledged and not stored'), one.missing],
    [say('guardadas e não disponíveis nos relatórios', 'stored and not available in reports'), one.unserved],
    [say('disponíveis nos relatórios e não guardadas', 'available in reports and not stored'), one.surplus],
  ].filter(([, ids]) => ids?.length > 0);
  return kinds.map(([kind, ids]) => h('details', {}, h('summary', {}, `${number(ids.length)} ${kind}`), h('code', {}, ids.join(', '))));
}

function state(one) {
  if (!one.agrees) return [h('strong', { class: 'bad still' }, say('Lacuna', 'Gap')), difference(one)];
  if (one.received === 0 && one.stored === 0) return h('span', { class: 'note still' }, say('Nada chegou', 'Nothing came'));
  const pending = one.pending > 0 && ` (${number(one.pending)} ${say('a caminho', 'on the way')})`;
  return h('span', { class: 'good still' }, say('Confere', 'Agrees'), pending || null);
}

function receiptTable(days) {
  const rows = [...days].reverse().map((one) => [
    h('span', { class: one.agrees ? 'still' : 'bad still' }, day(one.day)), h('div', {}, state(one)),
    right(number(one.received)), right(number(one.stored)), right(number(one.served)),
  ]);
  const counts = [say('Recebidas', 'Received'), say('Guardadas', 'Stored'), say('Disponíveis nos relatórios', 'Available in reports')];
  return table(say('Recebimento por dia', 'Receipts per day'),
    [say('Dia', 'Day'), say('Situação', 'State'), ...counts.map((text) => ({ text, class: 'right' }))], rows);
}

function verdict({ gaps, dataAsOf, rejected, set_aside: quarantined, lake_bytes: bytes, key_fault: keyFault }) {
  const good = !keyFault && [gaps, quarantined, rejected].every((list) => list.length === 0);
  const score = (name, value, kind) => h('div', { class: 'score' }, h('dt', {}, name), h('dd', {}, h('strong', { class: kind }, value)));
  const count = (name, list) => score(name, number(list.length), list.length > 0 ? 'bad' : null);
  return h('dl', { class: 'scores' },
    score(say('Dados até', 'Data as of'), instant(dataAsOf)),
    score(say('Situação', 'State'), good ? say('Tudo certo', 'All well') : say('Veja abaixo', 'See below'), good ? 'good' : 'bad'),
    count(say('Dias com lacuna', 'Days with a gap'), gaps), count(say('Não processadas', 'Quarantined'), quarantined),
    count(say('Recusadas', 'Refused'), rejected),
    bytes !== undefined && score(say('Dados guardados', 'Data kept'), size(bytes)));
}

const heads = () => [say('Quando', 'When'), say('Sessão', 'Session'), say('Motivo', 'Reason')];
const record = (at, id, reason) => [instant(at), h('bdi', {}, id ?? NONE), h('bdi', {}, reason)];

function quarantineTable(quarantined, isCut) {
  const more = [{ text: say('Tentativas', 'Attempts'), class: 'right' }, say('Próxima tentativa', 'Next attempt')];
  const rows = quarantined.map((one) => [...record(one.at, one.session_id, one.reason), right(number(one.attempts)), instant(one.next_at)]);
  const first = isCut ? say(` (as primeiras ${rows.length})`, ` (the first ${rows.length})`) : '';
  return table(say('Não processadas', 'Quarantined') + first, [...heads(), ...more], rows,
    { none: say('Nenhuma: todo registro foi lido.', 'None: every record was read.') });
}

function refusedTable(rejected) {
  return table(say('Recusadas', 'Refused'), heads(), rejected.map((one) => record(one.at, one.session_id, reason(one))),
    { none: say('Nenhuma.', 'None.') });
}

// What was sent is not shown, for it may be personal: its shape is, with letters and digits covered.
function leftOutTable(values) {
  const rows = values.map((one) => [
    instant(one.last_at), h('bdi', {}, one.field), right(number(one.count)), h('bdi', {}, reason(one)), h('code', {}, one.shape || NONE),
  ]);
  const names = [say('Última vez', 'Last time'), say('Campo', 'Field'), { text: say('Quantos', 'How many'), class: 'right' },
    say('Motivo', 'Reason'), say('Formato enviado', 'Shape of what was sent')];
  return table(say('Valores ilegíveis', 'Unreadable values'), names, rows, { none: say('Nenhum.', 'None.') });
}

function useTable(tokens) {
  const limit = daysBefore(today(), UNUSED_DAYS);
  const live = tokens.filter((token) => !token.revoked_at && Date.parse(token.expires_at) > serverNow());
  const used = (token) => {
    const idle = (token.last_used_on ?? token.created_at.slice(0, 10)) < limit;
    return h('span', { class: idle ? 'bad' : null }, token.last_used_on ? day(token.last_used_on) : say('nunca', 'never'));
  };
  return table(say('Uso dos tokens', 'Use of the tokens'),
    ['Token', say('Último uso', 'Last used'), say('Válido até', 'Valid until')],
    live.map((token) => [h('bdi', {}, token.label || token.id.slice(0, 8)), used(token), day(token.expires_at)]),
    { none: say('Nenhum token em vigor.', 'No token in force.') });
}

export async function content() {
  const end = today();
  const [receipts, tokens, settings] = await Promise.all([
    call('GET', 'v1/receipts', { query: { start: daysBefore(end, DAYS - 1), end } }),
    reportTokens(), call('GET', 'v1/settings'),
  ]);
  // Without the account's key no row can be read, and this page says what is the matter all the same.
  const kept = receipts.key_fault ? { rows: [] } : await all('summary', ['sessions']);
  const sum = (name) => receipts.days.reduce((all, one) => all + one[name], 0);
  return [
    ...(receipts.key_fault ? [h('div', { class: 'failure', role: 'alert' }, h('p', {}, receipts.key_fault))] : []),
    verdict(receipts),
    section(say('Recebimento por dia', 'Receipts per day'),
      note(say('Recebidas: confirmadas à plataforma. Disponíveis nos relatórios: já podem ser lidas. Comparadas sessão por sessão.',
        'Received: acknowledged to the platform. Available in reports: can be read there. Compared session by session.')),
      receiptTable(receipts.days)),
    section(say('Não processadas', 'Quarantined'),
      note(say('Guardadas, mas ilegíveis para os relatórios. O sistema tenta de novo, a intervalos de um minuto a um dia; corrigida a causa, saem daqui.',
        'Stored, but unreadable to the reports. The system tries again, a minute to a day apart; once the cause is mended, they go from here.')),
      quarantineTable(receipts.set_aside, receipts.set_aside_more)),
    section(say('Recusadas', 'Refused'),
      note(say('A plataforma precisa corrigi-las e enviá-las de novo.', 'The platform has to correct and send them again.')),
      refusedTable(receipts.rejected)),
    section(say('Valores ilegíveis', 'Unreadable values'),
      note(say('As sessões foram aceitas sem estes valores. No formato enviado, 9 é um algarismo e a é uma letra.',
        'The sessions were accepted without these values. In the shape, 9 is a digit and a is a letter.')),
      leftOutTable(receipts.left_out)),
    section(say('Uso dos tokens', 'Use of the tokens'), useTable(tokens)),
    costForm(settings.prices, {
      received: sum('received'), stored: sum('stored'), kept: Number(kept.rows[0]?.sessions ?? 0), bytes: receipts.lake_bytes,
    }, DAYS),
  ];
}
