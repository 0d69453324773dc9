// Painel: the period's sessions at a glance, by day, team, channel, tabulation and hour. Every number leads to its rows.

import { all, filter, rowsOf, serverNow } from './api.js';
import { bar, chart, heatMap } from './charts.js';
import { h } from './dom.js';
import { downloads } from './export.js';
import { field, form, note, section, select, table } from './parts.js';
import { days, periodFields, periodOf } from './period.js';
import { go, href } from './route.js';
import { counted, day, duration, instant, isEnglish, month, number, percent, say, shortDay, weekdays } from './text.js';

const TIMES = ['tma', 'tme', 'tta'];
const MEASURES = ['sessions', 'finished_sessions', 'attended_sessions', 'lost_sessions',
  ...TIMES.flatMap((time) => [`${time}_seconds`, `${time}_sessions`])];
const EXPORTED = ['session_id', 'protocol', 'created_at', 'finished_at', 'status', 'channel', 'campaign_name', 'agent_name',
  'contact_id', 'contact_name', 'tabulation', 'attendance_timer_tma', 'attendance_timer_tme', 'attendance_timer_tta'];
// Days that still have room for a column each; a longer period is drawn by month.
const MOST_COLUMNS = 92;
const TOP_TABULATIONS = 12;

// --- Figures ---------------------------------------------------------------------------------------------------

// Rows added up into one.
const total = (rows) => Object.fromEntries(MEASURES.map((id) => [id, rows.reduce((sum, row) => sum + Number(row[id] ?? 0), 0)]));

const mean = (row, time) => (row[`${time}_sessions`] > 0 ? row[`${time}_seconds`] / row[`${time}_sessions`] : null);
const lostRate = (row) => (row.finished_sessions > 0 ? row.lost_sessions / row.finished_sessions : null);

// Rows by the first characters of their day, 6 for months and 8 for days; a place without rows is there too.
function along(rows, places, length) {
  const found = new Map(places.map((place) => [place.replaceAll('-', '').slice(0, length), []]));
  for (const row of rows) found.get(row.created_date.slice(0, length))?.push(row);
  return [...found].map(([place, of]) => [place, total(of)]);
}

// --- Parts -----------------------------------------------------------------------------------------------------

function scores(sum) {
  const names = { tma: say('atendimento', 'handling'), tme: say('espera', 'waiting'), tta: say('total', 'total') };
  const score = (id, name, value, about) =>
    h('div', { class: 'score', 'data-measure': id },
      h('dt', {}, name), h('dd', {}, h('strong', {}, value), about && h('span', {}, about)));
  return h('dl', { class: 'scores' },
    score('sessions', say('Sessões', 'Sessions'), number(sum.sessions)),
    score('attended_sessions', say('Atendidas', 'Attended'), number(sum.attended_sessions), say('por um agente', 'by an agent')),
    score('lost_sessions', say('Perdidas', 'Lost'), number(sum.lost_sessions),
      say(`${percent(lostRate(sum))} das finalizadas`, `${percent(lostRate(sum))} of the finished`)),
    TIMES.map((time) =>
      score(time, time.toUpperCase(), duration(mean(sum, time)), say(`média de ${names[time]}`, `mean ${names[time]} time`))));
}

function pointsOf(view, rows, values) {
  const { places, daily, rowsOf } = view;
  return along(rows, places, daily ? 8 : 6).map(([place, sum]) => {
    const inside = places.filter((one) => one.replaceAll('-', '').startsWith(place));
    return {
      label: daily ? day(place) : month(place), short: daily ? shortDay(place) : month(place),
      href: rowsOf([], { from: inside[0], to: inside.at(-1) }), values: values(sum),
    };
  });
}

const axis = ({ daily }) => (daily ? say('Dia', 'Day') : say('Mês', 'Month'));

function byDay(view, rows) {
  const title = view.daily ? say('Sessões por dia', 'Sessions per day') : say('Sessões por mês', 'Sessions per month');
  return section(title, chart({
    title, axis: axis(view), kind: 'columns', format: (value) => number(value),
    points: pointsOf(view, rows, (sum) => [sum.sessions, sum.lost_sessions]),
    series: [{ name: say('Sessões', 'Sessions'), class: 's1' }, { name: say('Perdidas', 'Lost'), class: 'lost' }],
  }));
}

function timesByDay(view, rows) {
  const title = view.daily ? say('Tempos por dia', 'Times per day') : say('Tempos por mês', 'Times per month');
  return section(title, chart({
    title, axis: axis(view), kind: 'lines', format: duration, seconds: true,
    points: pointsOf(view, rows, (sum) => TIMES.map((time) => mean(sum, time))),
    series: TIMES.map((time, index) => ({ name: time.toUpperCase(), class: `s${index + 1}` })),
  }));
}

// What stands for the rows where a dimension is empty.
const nothing = {
  campaign_name: () => say('(sem equipe)', '(no team)'),
  channel: () => say('(sem canal)', '(no channel)'),
  tabulation: () => say('(sem tabulação)', '(no tabulation)'),
};

const right = (content) => ({ content, class: 'right' });

// A table of one dimension's values, the most sessions first, each with its bar and a link to its sessions.
function by(view, dimension, title, head, rows, more) {
  const sorted = [...rows].sort((a, b) => b.sessions - a.sessions);
  const most = Math.max(1, ...sorted.map((row) => row.sessions));
  const heads = [head, { text: say('Proporção', 'Proportion'), class: 'barred' }, { text: say('Sessões', 'Sessions'), class: 'right' },
    ...more.map(([name]) => ({ text: name, class: 'right' }))];
  const line = (row) => [
    h('a', { href: view.rowsOf([[dimension, row[dimension]]]) }, h('bdi', {}, row[dimension] ?? nothing[dimension]())),
    { content: bar(row.sessions / most), class: 'barred' }, right(number(row.sessions)),
    ...more.map(([, value]) => right(value(row))),
  ];
  const first = table(title, heads, sorted.slice(0, TOP_TABULATIONS).map(line), { none: say('Nenhuma sessão.', 'No session.') });
  const rest = sorted.slice(TOP_TABULATIONS);
  return section(title, first, rest.length > 0 && h('details', {},
    h('summary', {}, say(`Mais ${rest.length}`, `${rest.length} more`)), table(title, heads, rest.map(line))));
}

function byHour(view, rows) {
  const names = weekdays();
  const cells = new Map(rows.map((row) => [`${row.created_weekday} ${row.created_hour}`, {
    value: row.sessions,
    href: view.rowsOf([['created_weekday', row.created_weekday], ['created_hour', row.created_hour]]),
    label: `${names[row.created_weekday]}, ${row.created_hour}h: `
      + counted(row.sessions, say('sessão', 'session'), say('sessões', 'sessions')),
  }]));
  const title = say('Por hora e dia da semana', 'By hour and weekday');
  return section(title, heatMap(title, names, cells, number));
}

// --- The page --------------------------------------------------------------------------------------------------

// A choice in the address: absent is everything, empty is the rows without one.
const chosen = (params, name) => (params.has(name) ? params.get(name) : undefined);
const ALL = 'all';
const choice = (name, label, values, now, without) => {
  const names = [...new Set(values)].sort((a, b) => (a ?? '').localeCompare(b ?? ''));
  if (now && !names.includes(now)) names.push(now);
  const options = names.map((one) => [`=${one ?? ''}`, one ?? without]);
  return field(label, select(name, [[ALL, say('Todas', 'All')], ...options], now === undefined ? ALL : `=${now}`));
};

function controls(params, period, existing) {
  const values = (id) => existing.map((row) => row[id]);
  const fields = [
    periodFields(period),
    choice('team', say('Equipe', 'Team'), values('campaign_name'), chosen(params, 'team'), nothing.campaign_name()),
    choice('channel', say('Canal', 'Channel'), values('channel'), chosen(params, 'channel'), nothing.channel()),
  ];
  return form(fields, say('Mostrar', 'Show'), ({ from, to, team, channel }) => {
    const wanted = new URLSearchParams({ from, to });
    if (team !== ALL) wanted.set('team', team.slice(1));
    if (channel !== ALL) wanted.set('channel', channel.slice(1));
    go('painel', wanted);
  }, { inline: true });
}

function view(params) {
  const period = periodOf(params);
  const filters = [['campaign_name', chosen(params, 'team')], ['channel', chosen(params, 'channel')]];
  const kept = filters.filter(([, value]) => value !== undefined);
  const places = days(period);
  return {
    period,
    places,
    daily: places.length <= MOST_COLUMNS,
    filters: kept.map(([id, value]) => [filter(id, value)]),
    // Where the sessions behind a number are listed.
    rowsOf: (more, span = period) => href('conversas', {
      ...span, where: [...kept, ...more].map(([id, value]) => `${id}:${value ?? ''}`), by: 'list',
    }),
  };
}

export async function content(params) {
  const seen = view(params);
  // One point in time, so that all charts show the same state.
  const options = { period: seen.period, filters: seen.filters, refresh: serverNow() };
  const ask = (dimensions, measures = MEASURES) => all('summary', [...dimensions, ...measures], options);
  const [daily, teams, channels, tabulations, hours, existing] = await Promise.all([
    ask(['created_date']), ask(['campaign_name']), ask(['channel']), ask(['tabulation'], ['sessions']),
    ask(['created_weekday', 'created_hour'], ['sessions']),
    all('summary', ['campaign_name', 'channel', 'sessions'], { period: seen.period, refresh: options.refresh }),
  ]);
  const lost = [[say('Perdidas', 'Lost'), (row) => number(row.lost_sessions)]];
  const times = TIMES.map((time) => [time.toUpperCase(), (row) => duration(mean(row, time))]);
  const name = `sessions-${seen.period.from}-${seen.period.to}`;
  return [
    controls(params, seen.period, existing.rows),
    scores(total(daily.rows)),
    h('div', { class: 'buttons' },
      h('a', { class: 'button', href: seen.rowsOf([]) }, say('Ver as sessões', 'See the sessions')),
      h('a', { class: 'button', href: seen.rowsOf([['lost_sessions', 1]]) }, say('Ver as perdidas', 'See the lost ones')),
      downloads(say('Baixar as sessões', 'Download the sessions'), name, rowsOf('sessions', EXPORTED, options))),
    h('div', { class: 'pair' },
      byDay(seen, daily.rows), timesByDay(seen, daily.rows),
      by(seen, 'campaign_name', say('Por equipe', 'By team'), say('Equipe', 'Team'), teams.rows, [...lost, ...times]),
      by(seen, 'channel', say('Por canal', 'By channel'), say('Canal', 'Channel'), channels.rows, [...lost, ...times]),
      by(seen, 'tabulation', say('Por tabulação', 'By tabulation'), say('Tabulação', 'Tabulation'), tabulations.rows, []),
      byHour(seen, hours.rows)),
    note(say(`Dados até ${instant(daily.asOf)}. TMA, TME e TTA: soma dos segundos ÷ sessões que têm o tempo.`,
      `Data as of ${instant(daily.asOf)}. TMA, TME and TTA: sum of seconds ÷ sessions that have the time.`)),
  ];
}
