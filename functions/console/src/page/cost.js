// What the account costs in a month, from the operator's prices and quantities that can be changed.

import { h } from './dom.js';
import { empty, field, input, note, section, table } from './parts.js';
import { money, number, say, size } from './text.js';

// A session as the platform sends it; kept, it is smaller, so that storage is rather over- than underestimated.
const SESSION_KB = 4.7;
const KB_PER_GB = 1e6;
const BYTES_PER_GB = 1e9;

// The lines of the estimate: what is counted, how many, the price's name and what it is the price of.
function parts(values) {
  const million = 1e6;
  return [
    [say('Pedidos', 'Requests'), values.requests, 'per_million_requests', million],
    [say('Gravações', 'Writes'), values.writes, 'per_million_writes', million],
    [say('Leituras', 'Reads'), values.reads, 'per_million_reads', million],
    [say('GB guardados', 'GB kept'), values.storage, 'per_gb_month_storage', 1],
  ];
}

const amount = ([, count, price, unit], prices) => (count / unit) * prices[price];
const estimate = (values, prices) => parts(values).reduce((sum, part) => sum + amount(part, prices), 0);

function lines(values, prices) {
  const right = (content) => ({ content, class: 'right' });
  const paid = (value) => right(money(value, prices.currency));
  const rows = parts(values).map((part) => {
    const [name, count, price, unit] = part;
    const per = unit === 1 ? money(prices[price], prices.currency) : `${number(unit)} × ${money(prices[price], prices.currency)}`;
    return [name, paid(amount(part, prices)), `${number(count, 3)} ${unit === 1 ? '×' : '÷'} ${per}`];
  });
  const sum = h('strong', { id: 'cost' }, money(estimate(values, prices), prices.currency));
  rows.push([h('strong', {}, say('Por mês', 'Per month')), right(sum), say('a soma', 'the sum')]);
  const heads = [say('O quê', 'What'), { text: say('Valor', 'Amount'), class: 'right' }, say('Conta', 'Calculation')];
  return table(say('Custo estimado', 'Estimated cost'), heads, rows);
}

// `bytes` is what the account's data takes, where the server says it; else it is estimated from the sessions `kept`.
export function costForm(prices, { received, stored, kept, bytes }, days) {
  const title = say('Custo estimado por mês', 'Estimated cost per month');
  if (!prices?.currency) {
    return section(title, empty(say('O operador ainda não informou os preços, em Modelos.',
      'The operator has not set the prices yet, under Templates.')));
  }
  const gigabytes = bytes === undefined ? (kept * SESSION_KB) / KB_PER_GB : bytes / BYTES_PER_GB;
  const first = { requests: received, writes: stored, reads: stored, storage: gigabytes };
  const storage = bytes === undefined
    ? say(`${number(SESSION_KB, 1)} KB por sessão guardada`, `${number(SESSION_KB, 1)} KB per session kept`)
    : say(`${size(bytes)} guardados`, `${size(bytes)} kept`);
  const result = h('div', { 'aria-live': 'polite' });
  const inputs = Object.fromEntries(Object.entries(first).map(([name, value]) =>
    [name, input(name, { type: 'number', min: 0, step: 'any', value: Number(value.toFixed(4)) })]));
  const show = () => {
    const values = Object.fromEntries(Object.entries(inputs).map(([name, control]) => [name, Number(control.value)]));
    result.replaceChildren(lines(values, prices));
  };
  for (const control of Object.values(inputs)) control.addEventListener('input', show);
  show();
  return section(title,
    note(say(`Dos últimos ${days} dias: por sessão, um pedido, uma gravação e uma leitura; ${storage}. `,
      `From the last ${days} days: per session, a request, a write and a read; ${storage}. `),
    say('Mude os números para o seu caso.', 'Change the numbers to yours.')),
    h('div', { class: 'fields' },
      field(say('Pedidos', 'Requests'), inputs.requests), field(say('Gravações', 'Writes'), inputs.writes),
      field(say('Leituras', 'Reads'), inputs.reads), field(say('GB guardados', 'GB kept'), inputs.storage)),
    result);
}
