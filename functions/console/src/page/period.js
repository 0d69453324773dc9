// The period that a page looks at: two days, both included, in the account's zone.

import { serverNow, who } from './api.js';
import { h } from './dom.js';
import { field, input, select } from './parts.js';
import { say } from './text.js';

const DAY = 86400000;
const DEFAULT_DAYS = 28;
// Data is kept for five years.
const MOST_DAYS = 1827;
const zone = () => who.account?.timezone ?? 'America/Sao_Paulo';
const iso = (time) => new Date(time).toISOString().slice(0, 10);
const time = (day) => Date.parse(`${day}T00:00:00Z`);

// The Swedish way of writing a day is the ISO one.
export const today = (timeZone = zone()) => new Date(serverNow()).toLocaleDateString('sv-SE', { timeZone });
export const daysBefore = (day, count) => iso(time(day) - count * DAY);

// Every day from the first to the last.
export function days({ from, to }) {
  const found = [];
  for (let at = time(from); at <= time(to); at += DAY) found.push(iso(at));
  return found;
}

function presets() {
  const now = today();
  const firstOfMonth = `${now.slice(0, 8)}01`;
  const lastOfPrevious = daysBefore(firstOfMonth, 1);
  return [
    ['1', say('Hoje', 'Today'), now, now],
    ['7', say('7 dias', '7 days'), daysBefore(now, 6), now],
    ['28', say('28 dias', '28 days'), daysBefore(now, DEFAULT_DAYS - 1), now],
    ['90', say('90 dias', '90 days'), daysBefore(now, 89), now],
    ['month', say('Este mês', 'This month'), firstOfMonth, now],
    ['previous', say('Mês passado', 'Last month'), `${lastOfPrevious.slice(0, 8)}01`, lastOfPrevious],
  ];
}

// A day that there is: 31 February is none.
const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text ?? '') && !Number.isNaN(time(text)) && iso(time(text)) === text;

// The period in the address, else the last `count` days.
export function periodOf(params, count = DEFAULT_DAYS) {
  const [from, to] = [params.get('from'), params.get('to')];
  if (isDay(from) && isDay(to)) {
    const [first, last] = [from, to].sort();
    const oldest = daysBefore(last, MOST_DAYS - 1);
    return { from: first < oldest ? oldest : first, to: last };
  }
  return { from: daysBefore(today(), count - 1), to: today() };
}

// Controls for it, to stand in a form that sends `from` and `to`.
export function periodFields({ from, to }) {
  const first = input('from', { type: 'date', value: from, required: true });
  const last = input('to', { type: 'date', value: to, required: true });
  const known = presets();
  const same = known.find(([, , start, end]) => start === from && end === to)?.[0] ?? '';
  const choice = select('', [['', say('Personalizado', 'Custom')], ...known], same);
  choice.addEventListener('change', () => {
    const [, , start, end] = known.find(([id]) => id === choice.value) ?? [];
    if (start) [first.value, last.value] = [start, end];
  });
  for (const one of [first, last]) one.addEventListener('input', () => { choice.value = ''; });
  return h('div', { class: 'fields' },
    field(say('Período', 'Period'), choice), field(say('De', 'From'), first), field(say('Até', 'To'), last));
}
