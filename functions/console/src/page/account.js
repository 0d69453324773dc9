// The account's own settings: its time zone, and the fields that limited tokens hide as well.

import { Refusal, call, who } from './api.js';
import { h } from './dom.js';
import { field, form, input, section } from './parts.js';
import { say, setZone } from './text.js';

// A refusal that names the fields it is about, where the server counts them.
function named(error, ids) {
  const unknown = (error.errors ?? []).filter((one) => one.field === 'confidential' && ids[one.index]).map((one) => ids[one.index]);
  if (unknown.length === 0) return error;
  return new Refusal(say(`O dicionário não tem: ${unknown.join(', ')}.`, `The dictionary does not have: ${unknown.join(', ')}.`),
    error.status, { request_id: error.requestId });
}

export function account() {
  const said = h('p', { class: 'good', role: 'status' });
  const { timezone, confidential } = who.account;
  const fields = h('div', { class: 'fields' },
    field(say('Fuso horário', 'Time zone'), input('timezone', { value: timezone, required: true, spellcheck: 'false' }),
      say('Como America/Sao_Paulo.', 'Such as America/Sao_Paulo.')),
    field(say('Campos confidenciais', 'Confidential fields'),
      input('confidential', { value: confidential.join(', '), spellcheck: 'false' }),
      say('Nomes do dicionário, com vírgulas. Tokens mascarados e anônimos os ocultam.',
        'Names from the dictionary, with commas. Masked and anonymous tokens hide them.')));
  const keep = async (values) => {
    said.replaceChildren();
    const ids = values.confidential.split(/[\s,;]+/).filter(Boolean);
    who.account = await call('PATCH', 'v1/account', { body: { timezone: values.timezone.trim(), confidential: ids } })
      .catch((error) => { throw named(error, ids); });
    setZone(who.account.timezone);
    said.replaceChildren(say('Guardado.', 'Saved.'));
  };
  return section(say('Conta', 'Account'), form([fields], say('Salvar', 'Save'), keep, { kind: 'quiet' }), said);
}
