// Modelos: six reports to start from. A link creates one's own copy, with one's own data.

import { call, isOperator } from './api.js';
import { catalogue, told } from './catalogue.js';
import { h } from './dom.js';
import { copyButton, note, outward } from './parts.js';
import { picture } from './pictures.js';
import { settingsForm } from './settings.js';
import { say } from './text.js';

const CREATE = 'https://datastudio.google.com/reporting/create';

// The link that makes a copy of the template's report over this connector. It carries no token: who opens it pastes theirs.
function creationLink(template, reportId, connectorId) {
  const wanted = new URLSearchParams({ 'c.reportId': reportId, 'r.reportName': told(template.title) });
  for (const { alias, report_type: type, date_field: date } of template.sources) {
    const source = {
      connector: 'community', connectorId, datasourceName: `Premium Report: ${type}`,
      refreshFields: false, report_type: type, date_field: date,
    };
    for (const [name, value] of Object.entries(source)) wanted.set(`ds.${alias}.${name}`, value);
  }
  return `${CREATE}?${wanted}`;
}

function published(name, link) {
  const shared = h('pre', { class: 'link', tabindex: 0, 'aria-label': say('Link do modelo', 'Link of the template') }, link);
  const create = outward(link, say('Criar relatório ↗', 'Create report ↗'),
    { class: 'button main', 'aria-label': say(`Criar relatório ${name}`, `Create report ${name}`) });
  return [
    h('div', { class: 'buttons' }, create),
    h('details', {}, h('summary', {}, say('Link para compartilhar', 'Link to share')), shared,
      h('div', { class: 'buttons' }, copyButton(shared, say(`Copiar o link de ${name}`, `Copy the link of ${name}`)))),
  ];
}

// The link, which needs both the template's report and the connector.
function offer(name, template, reportId, connectorId) {
  if (!reportId) return note(say('O operador ainda não publicou este modelo.', 'The operator has not published this template yet.'));
  if (!connectorId) return note(say('O operador ainda não informou o conector.', 'The operator has not named the connector yet.'));
  return published(name, creationLink(template, reportId, connectorId));
}

// What is on each page of the report.
const holds = (page) => [
  h('dt', {}, told(page.title)), h('dd', {}, page.charts.map((chart) => told(chart.title)).join(' · ')),
];

function card(template, settings) {
  const name = told(template.title);
  const reportId = settings.templates?.[template.id];
  const types = template.sources.map((source) => source.report_type).join(', ');
  return h('li', { class: 'card' },
    h('figure', {}, picture(template.id, say(`Exemplo do modelo ${name}`, `Example of the template ${name}`)),
      h('figcaption', {}, say('Exemplo, com dados inventados', 'Example, with made-up data'))),
    h('h2', {}, name), h('p', {}, told(template.about)),
    h('dl', { class: 'holds' }, template.pages.map(holds)),
    note(say('Fontes: ', 'Sources: '), h('code', {}, types)),
    offer(name, template, reportId, settings.connector_id));
}

export async function content() {
  const [settings, templates] = await Promise.all([call('GET', 'v1/settings'), catalogue()]);
  const cards = () => templates.map((template) => card(template, settings));
  const list = h('ul', { class: 'cards' }, cards());
  const keep = async (changed) => {
    Object.assign(settings, await call('PUT', 'v1/settings', { body: changed }));
    list.replaceChildren(...cards());
  };
  return [
    h('p', { class: 'lead' }, say(
      'Comece por um destes relatórios. O link copia o modelo e pede o seu token; os dados de quem o fez não vão junto.',
      'Start from one of these reports. The link copies the template and asks for your token; its maker’s data stays behind.')),
    list,
    isOperator() && settingsForm(settings, templates, keep),
  ].filter(Boolean);
}
