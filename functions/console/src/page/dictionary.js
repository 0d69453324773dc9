// Dicionário: every field of every report type, as the schema tells it.

import { call } from './api.js';
import { csv, save } from './csv.js';
import { h } from './dom.js';
import { button, empty, field, input, note, section, select, table } from './parts.js';
import { counted, isEnglish, say } from './text.js';

const ALL = '';

function typeName({ semantics: { semanticType } }) {
  const names = {
    TEXT: say('Texto', 'Text'), NUMBER: say('Número', 'Number'), BOOLEAN: say('Sim ou não', 'Yes or no'), URL: 'Link',
    PERCENT: say('Porcentagem', 'Percentage'), DURATION: say('Duração (segundos)', 'Duration (seconds)'), HOUR: say('Hora', 'Hour'),
    YEAR_MONTH_DAY: say('Dia', 'Day'), YEAR_MONTH_DAY_SECOND: say('Data e hora', 'Date and time'), YEAR_WEEK: say('Semana', 'Week'),
    YEAR_MONTH: say('Mês', 'Month'), DAY_OF_WEEK: say('Dia da semana', 'Weekday'),
  };
  return names[semanticType] ?? semanticType;
}

const isMetric = (one) => one.semantics.conceptType === 'METRIC';
const kind = (one) => (isMetric(one) ? say('Métrica', 'Metric') : say('Dimensão', 'Dimension'));
const calculation = (one) => one.formula ?? (isMetric(one) ? one.defaultAggregationType : null);

// A text as it is searched: any case, accents or none; `.` and `_` part words as spaces do.
const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[\s._]+/g, ' ').trim();
const words = (one) => [one.name, one.label, one.description, one.group, one.formula].join(' ');

// A name may be broken after its underscores.
const breakable = (name) => name.split(/(?<=_)/).flatMap((part, at) => (at === 0 ? [part] : [h('wbr'), part]));
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function listing(report, fields) {
  const heads = [say('Campo', 'Field'), say('Descrição', 'Description'), say('Tipo', 'Type'), say('Cálculo', 'Calculation')];
  const rows = fields.map((one) => [
    [h('div', {}, one.label), h('code', { class: 'note' }, breakable(one.name))], { content: one.description, class: 'prose' },
    h('span', {}, typeName(one), h('span', { class: 'note still' }, ` · ${kind(one)}`)),
    calculation(one) && h('code', {}, calculation(one)),
  ]);
  return section(`${report.label} (${report.id})`, note(`${report.description} ${sentence(report.grain)}.`),
    table(report.label, heads, rows));
}

async function load() {
  const [lang, other] = isEnglish() ? ['en', 'pt'] : ['pt', 'en'];
  const { report_types: reports } = await call('GET', 'v1/report-types', { query: { lang } });
  const fieldsOf = async (type, language) => (await call('GET', 'v1/schema', { query: { report_type: type, lang: language } })).schema;
  return Promise.all(reports.map(async (report) => {
    const [fields, others] = await Promise.all([fieldsOf(report.id, lang), fieldsOf(report.id, other)]);
    // A field is found by its words in both languages.
    const inOther = new Map(others.map((one) => [one.name, words(one)]));
    return { report, fields: fields.map((one) => ({ ...one, searched: plain(`${words(one)} ${inOther.get(one.name)}`) })) };
  }));
}

function file(everything) {
  const head = ['report_type', 'name', 'label', 'group', 'semantic_type', 'concept_type', 'aggregation', 'formula', 'description'];
  const rows = everything.flatMap(({ report, fields }) => fields.map((one) => [report.id, one.name, one.label, one.group,
    one.semantics.semanticType, one.semantics.conceptType, one.defaultAggregationType, one.formula, one.description]));
  save('premium-dictionary.csv', csv([head, ...rows]));
}

export async function content() {
  const everything = await load();
  const found = h('div');
  const count = h('p', { class: 'note', role: 'status' });
  const typed = input('words', { type: 'search' });
  const types = everything.map(({ report }) => [report.id, `${report.label} (${report.id})`]);
  const type = select('type', [[ALL, say('Todos', 'All')], ...types], 'sessions');
  const show = () => {
    const wanted = plain(typed.value).split(' ');
    const lists = everything.filter(({ report }) => type.value === ALL || report.id === type.value)
      .map(({ report, fields }) => ({ report, fields: fields.filter((one) => wanted.every((word) => one.searched.includes(word))) }))
      .filter(({ fields }) => fields.length > 0);
    const sum = lists.reduce((all, { fields }) => all + fields.length, 0);
    count.replaceChildren(counted(sum, say('campo', 'field'), say('campos', 'fields')));
    found.replaceChildren(...lists.map(({ report, fields }) => listing(report, fields)));
    if (sum === 0) found.replaceChildren(empty(say('Nenhum campo com estas palavras.', 'No field with these words.')));
  };
  typed.addEventListener('input', show);
  type.addEventListener('change', show);
  show();
  return [
    h('p', { class: 'lead' }, say('O que cada campo traz, como no Data Studio.', 'What each field holds, as in Data Studio.')),
    h('div', { class: 'fields' }, field(say('Procurar', 'Search'), typed), field(say('Tipo de relatório', 'Report type'), type)),
    count, button(say('Baixar o dicionário (CSV)', 'Download the dictionary (CSV)'), () => file(everything)), found,
  ];
}
