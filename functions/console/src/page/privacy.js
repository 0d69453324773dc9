// Privacidade: finds a person, exports and erases what is kept of it; what was erased, and who did what to the account.

import { call, patiently } from './api.js';
import { auditLog } from './audit.js';
import { h } from './dom.js';
import { erasureList } from './erasures.js';
import { field, form, input, note, section } from './parts.js';
import { personCard } from './privacy-person.js';
import { NONE, counted, day, say } from './text.js';

// The server takes texts of so many characters.
const LEAST_CHARS = 2;
const MOST_CHARS = 256;

// What was searched for, as somebody else's text in a sentence.
const quoted = (before, text, after) => [before, h('bdi', {}, text), after];

function nobody(text) {
  return [
    h('p', { class: 'empty' }, quoted(say('Nenhum titular encontrado para “', 'Nobody was found for “'), text, say('”.', '”.'))),
    note(say('Tente outra parte do nome, o telefone com DDD, o e-mail ou o ID do contato.',
      'Try another part of the name, the phone number with its area code, the e-mail or the contact’s id.')),
    note(say('Só aparece quem tem sessões guardadas; uma sessão recém-chegada aparece em alguns segundos.',
      'Only people with stored sessions are found; a session that has just come in is found after some seconds.')),
  ];
}

// The text stays in the field: it may be somebody's name or phone, and neither address nor history may have it.
function search(past) {
  const text = input('q', { type: 'search', required: true, minlength: LEAST_CHARS, maxlength: MOST_CHARS, spellcheck: 'false' });
  const said = h('p', { class: 'note', role: 'status' });
  const results = h('div');
  const find = async ({ q }) => {
    const sought = q.trim();
    results.replaceChildren();
    said.replaceChildren(say('Procurando…', 'Searching…'));
    try {
      const { people, more } = await patiently(() => call('GET', 'v1/people', { query: { q: sought } }));
      const count = counted(people.length, say('titular encontrado', 'person found'), say('titulares encontrados', 'people found'));
      const narrower = say('Há mais além destes: escreva mais do nome.', 'There are more than these: type more of the name.');
      said.replaceChildren(more ? `${count}. ${narrower}` : `${count}.`);
      results.replaceChildren(...people.length === 0 ? nobody(sought)
        : [h('ul', { class: 'people' }, people.map((person) => h('li', { class: 'card' }, personCard(person, past.refresh))))]);
    } catch (error) {
      said.replaceChildren();
      throw error;
    }
  };
  return section(say('Procurar um titular', 'Find a person'),
    note(say('Titular é a pessoa de quem são os dados. A busca passa por todas as sessões da conta e fica no registro de auditoria, sem o texto procurado.',
      'The search goes through all sessions of the account, and the audit log tells of it without the text.')),
    form([field(say('Nome, telefone, e-mail ou ID do contato', 'Name, phone, e-mail or contact’s id'), text)],
      say('Procurar', 'Find'), find, { inline: true }),
    said, results);
}

function retention({ retention_days: days, starts_on: start }) {
  const score = (name, value) => h('div', { class: 'score' }, h('dt', {}, name), h('dd', {}, h('strong', {}, value)));
  const meaning = say('Cada sessão é guardada por esse prazo, contado do dia em que começou; depois o sistema a apaga sozinho, com os arquivos.',
    'Each session is kept for that time from the day on which it began; then the system deletes it by itself, with its files.');
  return section(say('Retenção', 'Retention'),
    note(meaning),
    h('dl', { class: 'scores' },
      score(say('Prazo', 'Kept for'), counted(days, say('dia', 'day'), say('dias', 'days'))),
      score(say('Guarda sessões desde', 'Keeps sessions since'), start ? day(start) : NONE)));
}

export async function content(params) {
  const [account, past, log] = await Promise.all([call('GET', 'v1/account'), erasureList(), auditLog(params)]);
  return [
    search(past),
    section(say('Titulares apagados', 'People erased'),
      note(say('O comprovante não diz quem era a pessoa: o pseudônimo é o mesmo que a busca mostrava.',
        'A receipt does not say who the person was: the pseudonym is the one that the search showed.')),
      past.element),
    retention(account),
    section(say('Registro de auditoria', 'Audit log'), log),
  ];
}
