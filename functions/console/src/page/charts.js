// Charts as drawings: columns or lines along days. Every point is a link whose name says its numbers, and arrow keys
// walk over them; the same numbers stand in a table below.

import { h, svg, walk } from './dom.js';
import { note, table } from './parts.js';
import { say } from './text.js';

const HEIGHT = 232;
const EDGE = { top: 12, right: 8, bottom: 26, left: 68 };
const LABEL_WIDTH = 62;
const SECONDS = [1, 5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400];

// Round marks from 0 up to at least `top`: whole numbers, or round times where the values are seconds.
function marks(top, seconds) {
  const rough = Math.max(top, 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const decimal = Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough));
  const step = (seconds && SECONDS.find((one) => one >= rough)) || decimal;
  const count = Math.max(1, Math.ceil(top / step));
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

function axis(scale, width, ticks, format) {
  return ticks.map((tick) => svg('g', { class: 'tick' },
    svg('line', { x1: EDGE.left, x2: width - EDGE.right, y1: scale(tick), y2: scale(tick) }),
    svg('text', { x: EDGE.left - 8, y: scale(tick) + 4, 'text-anchor': 'end' }, format(tick))));
}

function columns(points, series, scale, band) {
  return series.flatMap((one, index) => points.map((point, at) => {
    const value = point.values[index];
    const width = Math.max(1, band * 0.72);
    return value > 0 && svg('rect', {
      class: one.class, x: EDGE.left + at * band + (band - width) / 2, y: scale(value), width, height: scale(0) - scale(value),
    });
  }));
}

// A line is broken where there is no value; a value without neighbours is a dot.
function lines(points, series, scale, band) {
  return series.map((one, index) => {
    const at = (place) => EDGE.left + (place + 0.5) * band;
    let drawn = '';
    let open = false;
    points.forEach((point, place) => {
      const value = point.values[index];
      if (value !== null) drawn += `${open ? 'L' : 'M'}${at(place)} ${scale(value)}h0`;
      open = value !== null;
    });
    return svg('path', { class: `line ${one.class}`, d: drawn });
  });
}

function draw(width, { title, points, series, kind, format, seconds }, tell) {
  const top = Math.max(0, ...points.flatMap((point) => point.values.map((value) => value ?? 0)));
  const ticks = marks(top, seconds);
  const inner = HEIGHT - EDGE.top - EDGE.bottom;
  const scale = (value) => EDGE.top + inner * (1 - value / ticks.at(-1));
  const band = (width - EDGE.left - EDGE.right) / points.length;
  const every = Math.ceil(LABEL_WIDTH / band);
  const words = (point) => series.map((one, index) => `${one.name} ${format(point.values[index])}`).join(' · ');
  const stops = points.map((point, at) => {
    const say = `${point.label}: ${words(point)}`;
    const show = () => tell(say);
    return svg('a', { href: point.href, 'aria-label': say, on: { mouseenter: show, focus: show } },
      svg('rect', { class: 'stop', x: EDGE.left + at * band, y: EDGE.top, width: band, height: inner }));
  });
  const labels = points.map((point, at) => at % every === 0
    && svg('text', { class: 'label', x: EDGE.left + (at + 0.5) * band, y: HEIGHT - 8, 'text-anchor': 'middle' }, point.short));
  const shapes = kind === 'lines' ? lines(points, series, scale, band) : columns(points, series, scale, band);
  const frame = { class: 'chart', width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: 'group', 'aria-label': title };
  const drawing = svg('svg', frame,
    svg('g', { 'aria-hidden': 'true' }, axis(scale, width, ticks, format), shapes, labels), svg('g', {}, stops));
  walk(drawing);
  return drawing;
}

// A chart of `points` ({label, short, href, values}), a value for each of `series` ({name, class}).
export function chart(about) {
  const hint = say('Aponte, ou use Tab e as setas, para ver os números; clique para ver as sessões.',
    'Point, or use Tab and the arrows, to see the numbers; click to see the sessions.');
  const told = h('p', { class: 'readout', 'aria-hidden': 'true' }, hint);
  const place = h('div', { class: 'drawing' });
  const tell = (words) => told.replaceChildren(words);
  let width = 0;
  new ResizeObserver(([{ contentRect }]) => {
    if (Math.floor(contentRect.width) === width || contentRect.width < 1) return;
    width = Math.floor(contentRect.width);
    place.replaceChildren(draw(width, about, tell));
  }).observe(place);
  const legend = h('ul', { class: 'legend', 'aria-hidden': 'true' },
    about.series.map((one) => h('li', {}, h('span', { class: `key ${one.class}` }), one.name)));
  const rows = about.points.map((point) => [
    h('a', { href: point.href }, point.label),
    ...point.values.map((value) => ({ content: about.format(value), class: 'right' })),
  ]);
  const heads = [about.axis, ...about.series.map((one) => ({ text: one.name, class: 'right' }))];
  return h('div', { class: 'figure' }, legend, place, told,
    h('details', {}, h('summary', {}, say('Ver como tabela', 'Show as a table')), table(about.title, heads, rows)));
}

// A bar for a table's cell, as long as `share` of the cell.
export const bar = (share) => svg('svg', { class: 'bar', viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
  svg('rect', { class: 's1', width: Math.max(share > 0 ? 0.5 : 0, share * 100), height: 8 }));

// Hours down, weekdays across; the darker, the more. `cells` is a map of `weekday hour` to {value, href, label}.
export function heatMap(title, weekdays, cells, format) {
  const most = Math.max(1, ...[...cells.values()].map(({ value }) => value));
  const cell = (weekday, hour) => {
    const one = cells.get(`${weekday} ${hour}`);
    if (!one) return h('td', { class: 'heat0' });
    return h('td', { class: `heat${Math.max(1, Math.ceil((one.value / most) * 6))}` },
      h('a', { href: one.href, 'aria-label': one.label, title: one.label }, format(one.value)));
  };
  const hours = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));
  const body = h('tbody', {}, hours.map((hour) => h('tr', {},
    h('th', { scope: 'row' }, `${hour}h`), weekdays.map((_, weekday) => cell(weekday, hour)))));
  const heads = [say('Hora', 'Hour'), ...weekdays].map((name) => h('th', { scope: 'col' }, name));
  const shown = h('table', { class: 'heat' }, h('caption', { class: 'unseen' }, title), h('thead', {}, h('tr', {}, heads)), body);
  walk(body);
  return h('div', {}, shown, cells.size === 0 && note(say('Nenhuma sessão.', 'No session.')));
}
