// Pictures of the templates, drawn with made-up numbers: what a report looks like before there is one.

import { svg } from './dom.js';
import { say } from './text.js';

const WIDTH = 320;
const HEIGHT = 190;
const DAYS = [52, 61, 48, 66, 71, 34, 18, 55, 63, 58, 69, 74, 37, 21];
const HOURS = [1, 2, 5, 8, 9, 7, 10, 8, 6, 7, 5, 2];
const WAITED = [6, 9, 4, 8, 11, 3, 2, 7, 6, 5, 9, 12, 4, 2];

const rect = (x, y, width, height, kind) => svg('rect', { x, y, width, height, rx: 1.5, class: kind });
const text = (x, y, words, kind = 'word') => svg('text', { x, y, class: kind }, words);
const group = (x, y, ...shapes) => svg('g', { transform: `translate(${x} ${y})` }, ...shapes);

const score = (x, name, value) => group(x, 14, text(0, 8, name), text(0, 26, value, 'figure'));

function columns(x, y, width, height, values, kind = 's1', top = Math.max(...values)) {
  const band = width / values.length;
  return group(x, y, values.map((value, at) => rect(at * band, height * (1 - value / top), band * 0.7, height * (value / top), kind)));
}

function line(x, y, width, height, values, kind) {
  const top = Math.max(...values) * 1.1;
  const points = values.map((value, at) => `${(at * width) / (values.length - 1)},${height * (1 - value / top)}`).join(' ');
  return group(x, y, svg('polyline', { class: `line ${kind}`, points }));
}

function bars(x, y, width, rows, kind = 's1') {
  return group(x, y, rows.map(([name, share], at) => group(0, at * 17, text(0, 9, name), rect(62, 1, (width - 62) * share, 9, kind))));
}

function heat(x, y, across, down, cell) {
  const shade = (column, row) => Math.round(6 * Math.exp(-(((row - down / 2) / (down / 3.2)) ** 2)) * (column < 5 ? 1 : 0.4));
  return group(x, y, Array.from({ length: down }, (_, row) => Array.from({ length: across }, (__, column) =>
    rect(column * (cell + 2), row * 10, cell, 8, `heat${shade(column, row)}`))));
}

function rows(x, y, width, count) {
  return group(x, y, Array.from({ length: count }, (_, at) => group(0, at * 14,
    rect(0, 0, width * 0.24, 5, 'words'), rect(width * 0.3, 0, width * (0.28 + (at % 3) * 0.05), 5, 'words'),
    rect(width * 0.8, 0, width * 0.18, 5, 'words'), rect(0, 9, width, 0.7, 'rule'))));
}

const named = (portuguese, english) => (shares) => shares.map((share, at) => [say(portuguese, english)[at], share]);
const teams = named(['Vendas', 'Suporte', 'Finanças', 'Ouvidoria'], ['Sales', 'Support', 'Finance', 'Complaints']);
const origins = named(['Contato', 'Agente', 'Automático'], ['Contact', 'Agent', 'Automatic']);
const reasons = named(
  ['Resolvido', 'Venda', 'Boleto', 'Troca', 'Agenda', 'Outros'],
  ['Solved', 'Sale', 'Invoice', 'Return', 'Booking', 'Other'],
);

const drawings = {
  atendimento: () => [score(14, say('Sessões', 'Sessions'), '1284'), score(94, 'TMA', '00:06:12'), score(190, 'TME', '00:01:48'),
    columns(14, 58, 186, 110, DAYS), bars(214, 62, 94, teams([1, 0.8, 0.35]))],
  distribuicao: () => [bars(14, 24, 140, teams([1, 0.82, 0.6, 0.3])),
    bars(14, 112, 140, [['WhatsApp', 1], ['Site', 0.42], ['Telegram', 0.16]], 's2'), heat(180, 24, 7, 15, 16)],
  agentes: () => [bars(14, 24, 150, [['Ana', 1], ['Bruno', 0.86], ['Carla', 0.8], ['Davi', 0.62], ['Elisa', 0.5]]),
    line(184, 24, 122, 66, DAYS, 's1'), line(184, 24, 122, 66, WAITED.map((value) => value * 3 + 20), 's2'), rows(14, 124, 292, 4)],
  perdidas: () => [score(14, say('Perdidas', 'Lost'), '96'), score(110, say('Taxa', 'Rate'), '7%'),
    columns(14, 58, 140, 66, DAYS, 'pale'), columns(14, 58, 140, 66, WAITED, 'lost', Math.max(...DAYS)),
    columns(172, 58, 134, 66, HOURS, 'lost'), rows(14, 140, 292, 3)],
  tabulacao: () => [bars(14, 24, 176, reasons([1, 0.62, 0.5, 0.36, 0.3, 0.18])),
    line(206, 26, 100, 80, [3, 4, 4, 6, 7, 9], 's1'), line(206, 26, 100, 80, [6, 5, 6, 5, 4, 4], 's2'), rows(14, 138, 292, 3)],
  conversas: () => [score(14, say('Mensagens', 'Messages'), '9640'), score(110, say('Conversas', 'Conversations'), '1284'),
    columns(14, 58, 186, 50, DAYS), bars(214, 58, 94, origins([1, 0.85, 0.6])),
    rows(14, 124, 292, 4)],
};

// The picture of a template under a name for those who do not see it.
export const picture = (id, name) =>
  svg('svg', { class: 'picture', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': name }, drawings[id]());
