// What the operator sets for all accounts: the connector, the templates' reports and the prices.

import { Refusal } from './api.js';
import { told } from './catalogue.js';
import { h } from './dom.js';
import { field, form, input, note, section } from './parts.js';
import { say } from './text.js';

export const prices = () => [
  ['per_million_requests', say('Um milhão de pedidos', 'A million requests')],
  ['per_gb_month_storage', say('Um GB por mês', 'A GB for a month')],
  ['per_million_writes', say('Um milhão de gravações', 'A million writes')],
  ['per_million_reads', say('Um milhão de leituras', 'A million reads')],
];

// The prices that were filled in. An estimate needs all of them and their currency, or there is none.
function given(values) {
  const currency = values.currency.trim().toUpperCase();
  const filled = prices().filter(([price]) => values[price] !== '').map(([price]) => [price, Number(values[price])]);
  if (!currency && filled.length === 0) return {};
  if (!currency || filled.length < prices().length) {
    throw new Refusal(say('Informe a moeda e os quatro preços (0 para o que é grátis), ou deixe todos em branco.',
      'Give the currency and all four prices (0 for what is free), or leave all of them blank.'));
  }
  return { currency, ...Object.fromEntries(filled) };
}

export function settingsForm(settings, templates, keep) {
  const known = settings.prices ?? {};
  const said = h('p', { class: 'good', role: 'status' });
  const id = (name, value) => input(name, { value: value ?? '', maxlength: 200, spellcheck: 'false' });
  const fields = (...children) => h('div', { class: 'fields' }, ...children);
  const group = (name, ...children) => h('fieldset', {}, h('legend', {}, name), ...children);
  const save = async (values) => {
    said.replaceChildren();
    const filled = templates.map((template) => [template.id, values[template.id].trim()]).filter(([, report]) => report);
    await keep({
      connector_id: values.connector.trim() || null,
      templates: Object.fromEntries(filled),
      prices: given(values),
    });
    said.replaceChildren(say('Guardado.', 'Saved.'));
  };
  return section(say('Do operador', 'For the operator'),
    note(say('Vale para todas as contas.', 'It holds for all accounts.')),
    form([
      group(say('Conector', 'Connector'), field(say('ID de implantação', 'Deployment id'), id('connector', settings.connector_id))),
      group(say('Relatórios dos modelos (ID)', 'Reports of the templates (id)'),
        fields(templates.map((template) => field(told(template.title), id(template.id, settings.templates?.[template.id]))))),
      group(say('Preços', 'Prices'), fields(
        field(say('Moeda', 'Currency'), input('currency', { value: known.currency ?? '', pattern: '[A-Za-z]{3}', placeholder: 'USD' })),
        prices().map(([price, name]) => field(name, input(price, { type: 'number', min: 0, step: 'any', value: known[price] ?? '' }))))),
    ], say('Salvar', 'Save'), save), said);
}
