// Saúde: whether what came in can be read, what was set aside, who still asks, and what it costs.

import { all, call } from './api.js';
import { costForm } from './cost.js';
import { h } from './dom.js';
import { note, section, table } from './parts.js';
import { daysBefore, today } from './period.js';
import { reportTokens } from './tokens.js';
import { NONE, day, instant, number, say } from './text.js';

const DAYS = 30;
// A token that nobody has used for this long deserves a look.
const UNUSED_DAYS = 30;

const right = (content) => ({ content, class: 'right' });

function receiptTable({ days, gaps }) {
  const state = (one) => {
    if (gaps.includes(one.day)) return h('strong', { class: 'bad still' }, say('Lacuna', 'Gap'));
    if (!one.agrees) return h('strong', { class: 'bad still' }, say('Não confere', 'Does not agree'));
    return h('span', { class: 'good' }, say('Confere', 'Agrees'));
  };
  const rows = [...days].reverse().map((one) => [
    h('span', { class: gaps.includes(one.day) || !one.agrees ? 'bad still' : 'still' }, day(one.day)),
    state(one), right(number(one.received)), right(number(one.stored)), right(number(one.served)),
  ]);
  const heads = [say('Dia (UTC)', 'Day (UTC)'), say('Situação', 'State'), ...[say('Recebidas', 'Received'), say('Guardadas', 'Stored'), say('Legíveis', 'Readable')]
    .map((text) => ({ text, class: 'right' }))];
  return table(say('Recebimento por dia', 'Receipts per day'), heads, rows);
}

function verdict({ days, gaps, dataAsOf, set_aside: aside }) {
  const differing = days.filter((one) => !one.agrees).length;
  const good = gaps.length === 0 && differing === 0 && aside.length === 0;
  return h('dl', { class: 'scores' },
    h('div', { class: 'score' }, h('dt', {}, say('Dados até', 'Data as of')), h('dd', {}, h('strong', {}, instant(dataAsOf)))),
    h('div', { class: 'score' }, h('dt', {}, say('Situação', 'State')), h('dd', {}, h('strong', { class: good ? 'good' : 'bad' }, good ? say('Tudo certo', 'All well') : say('Veja abaixo', 'See below')))),
    h('div', { class: 'score' }, h('dt', {}, say('Lacunas', 'Gaps')), h('dd', {}, h('strong', {}, number(gaps.length)), h('span', {}, say(`em ${DAYS} dias`, `in ${DAYS} days`)))),
    h('div', { class: 'score' }, h('dt', {}, say('Postas de lado', 'Set aside')), h('dd', {}, h('strong', {}, number(aside.length)))));
}

function asideTable(records) {
  return table(say('Postas de lado', 'Set aside'), [say('Quando', 'When'), say('Sessão', 'Session'), say('Motivo', 'Reason')],
    records.map((record) => [instant(record.at), h('bdi', {}, record.session_id ?? NONE), h('bdi', {}, record.reason)]),
    { none: say('Nenhuma: todo registro foi lido.', 'None: every record was read.') });
}

function useTable(tokens) {
  const limit = daysBefore(today(), UNUSED_DAYS);
  const live = tokens.filter((token) => !token.revoked_at && new Date(token.expires_at) > new Date());
  const used = (token) => {
    if (!token.last_used_on) return h('span', { class: 'bad' }, say('nunca', 'never'));
    return h('span', { class: token.last_used_on < limit ? 'bad' : null }, day(token.last_used_on));
  };
  return table(say('Uso dos tokens', 'Use of the tokens'), [say('Token', 'Token'), say('Último uso', 'Last used'), say('Vale até', 'Valid until')],
    live.map((token) => [h('bdi', {}, token.label || token.id.slice(0, 8)), used(token), day(token.expires_at)]),
    { none: say('Nenhum token em vigor.', 'No token in force.') });
}

export async function content() {
  const end = today('UTC');
  const [receipts, tokens, kept, settings] = await Promise.all([
    call('GET', 'v1/receipts', { query: { start: daysBefore(end, DAYS - 1), end } }),
    reportTokens(), all('summary', ['sessions']), call('GET', 'v1/settings'),
  ]);
  const sum = (name) => receipts.days.reduce((all, one) => all + one[name], 0);
  return [
    verdict(receipts),
    section(say('Recebimento por dia', 'Receipts per day'),
      note(say('Recebidas: enviadas pela plataforma. Guardadas: gravadas. Legíveis: já nos relatórios. Lacuna: um dia em que nada chegou.',
        'Received: sent by the platform. Stored: written. Readable: in the reports already. Gap: a day on which nothing came.')), receiptTable(receipts)),
    section(say('Postas de lado', 'Set aside'), asideTable(receipts.set_aside)),
    section(say('Uso dos tokens', 'Use of the tokens'), useTable(tokens)),
    costForm(settings.prices, { received: sum('received'), stored: sum('stored'), kept: Number(kept.rows[0]?.sessions ?? 0) }, DAYS),
  ];
}
