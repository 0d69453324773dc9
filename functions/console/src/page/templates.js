// Modelos: six reports to start from. A link creates one's own copy, with one's own data.

import { call, isOperator } from './api.js';
import { catalogue } from './catalogue.js';
import { h } from './dom.js';
import { copyButton, note, outward } from './parts.js';
import { picture } from './pictures.js';
import { settingsForm } from './settings.js';
import { say } from './text.js';

const CREATE = 'https://datastudio.google.com/reporting/create';

// The link that makes a copy of the template's report over this connector. It carries no token: who opens it pastes theirs.
export function creationLink(template, reportId, connectorId) {
  const wanted = new URLSearchParams({ 'c.reportId': reportId, 'c.mode': 'edit', 'r.reportName': template.name });
  if (connectorId) {
    for (const [name, value] of [['connector', 'community'], ['connectorId', connectorId], ['report_type', template.reportType],
      ['refreshFields', 'false']]) wanted.set(`ds.ds0.${name}`, value);
  }
  return `${CREATE}?${wanted}`;
}

function card(template, settings) {
  const reportId = settings.templates?.[template.id];
  const link = reportId && creationLink(template, reportId, settings.connector_id);
  const shared = link && h('pre', { class: 'link', tabindex: 0, 'aria-label': say('Link do modelo', 'Link of the template') }, link);
  return h('li', { class: 'card' },
    h('figure', {}, picture(template.id, say(`Exemplo do modelo ${template.name}`, `Example of the template ${template.name}`)),
      h('figcaption', {}, say('Exemplo, com dados inventados', 'Example, with made-up data'))),
    h('h2', {}, template.name),
    h('p', {}, template.about),
    h('ul', { class: 'holds' }, template.holds.map((one) => h('li', {}, one))),
    note(say('Tipo de relatório: ', 'Report type: '), h('code', {}, template.reportType)),
    link
      ? [h('div', { class: 'buttons' }, outward(link, say('Criar relatório ↗', 'Create report ↗'),
        { class: 'button main', 'aria-label': say(`Criar relatório ${template.name}`, `Create report ${template.name}`) })),
      h('details', {}, h('summary', {}, say('Link para compartilhar', 'Link to share')), shared,
        h('div', { class: 'buttons' }, copyButton(shared, say(`Copiar o link de ${template.name}`, `Copy the link of ${template.name}`))))]
      : note(say('O operador ainda não publicou este modelo.', 'The operator has not published this template yet.')));
}

export async function content() {
  const settings = await call('GET', 'v1/settings');
  const cards = () => catalogue().map((template) => card(template, settings));
  const list = h('ul', { class: 'cards' }, cards());
  const keep = async (changed) => {
    Object.assign(settings, await call('PUT', 'v1/settings', { body: changed }) ?? changed);
    list.replaceChildren(...cards());
  };
  return [
    h('p', { class: 'lead' }, say(
      'Comece por um destes relatórios. O link copia o modelo e pede o seu token; os dados de quem o fez não vão junto.',
      'Start from one of these reports. The link copies the template and asks for your token; its maker’s data stays behind.')),
    list,
    isOperator() && settingsForm(settings, keep),
  ].filter(Boolean);
}
