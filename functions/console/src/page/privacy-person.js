// A person that was found: what it is known by, all that is kept of it as a file, and its erasure.

import { patiently, personExported } from './api.js';
import { save } from './csv.js';
import { h } from './dom.js';
import { button } from './parts.js';
import { askToErase, erase } from './privacy-erase.js';
import { NONE, counted, instant, number, say } from './text.js';

// The server tells so many names, addresses and ids at most.
const MOST_TOLD = 20;
const NEW_LINE = 10;

const sessionCount = (count) => counted(count, say('sessão', 'session'), say('sessões', 'sessions'));

// What the person is called on the page.
const titleOf = ({ names, addresses, contact_ids: ids, person }) => names[0] ?? addresses[0] ?? ids[0] ?? person.slice(0, 8);

function known(name, values) {
  const cut = values.length >= MOST_TOLD && h('div', { class: 'note' }, say(`Só os primeiros ${MOST_TOLD}.`, `The first ${MOST_TOLD} only.`));
  return h('div', {}, h('dt', {}, name), h('dd', {}, values.length === 0 ? NONE : values.map((one) => h('div', {}, h('bdi', {}, one))), cut));
}

function about(person) {
  const told = (name, value) => h('div', {}, h('dt', {}, name), h('dd', {}, value));
  return h('dl', { class: 'about' },
    known(say('Nomes', 'Names'), person.names), known(say('Endereços', 'Addresses'), person.addresses),
    known(say('IDs do contato', 'Contact’s ids'), person.contact_ids),
    told(say('Sessões', 'Sessions'), number(person.sessions)),
    told(say('Primeira', 'First'), instant(person.first)), told(say('Última', 'Last'), instant(person.last)),
    told(say('Mensagens com arquivo', 'Messages with a file'), number(person.media)),
    told(say('Pseudônimo', 'Pseudonym'), h('code', {}, person.person)));
}

// All pages as one file: a session a line. Its name does not say whose it is.
async function exportAll({ person, sessions }, said) {
  const parts = [];
  let lines = 0;
  let cursor;
  said.replaceChildren(say('Exportando…', 'Exporting…'));
  try {
    do {
      const from = cursor && { cursor };
      const page = await patiently(() => personExported(person, from));
      parts.push(page.bytes);
      lines += page.bytes.reduce((sum, byte) => sum + (byte === NEW_LINE), 0);
      said.replaceChildren(say(`Exportando… ${number(lines)} de ${sessionCount(sessions)}.`, `Exporting… ${number(lines)} of ${sessionCount(sessions)}.`));
      cursor = page.cursor;
    } while (cursor);
  } catch (error) {
    said.replaceChildren();
    throw error;
  }
  const name = `${say('titular', 'person')}-${person.slice(0, 8)}.ndjson`;
  save(name, new Blob(parts, { type: 'application/x-ndjson' }));
  const kept = say('O arquivo tem dados pessoais, e os links dele abrem para quem os tiver.',
    'The file has personal data, and its links open for whoever has them.');
  said.replaceChildren(say(`Exportado em ${name}: ${sessionCount(lines)}. ${kept}`, `Exported to ${name}: ${sessionCount(lines)}. ${kept}`));
}

// `changed` is called when an erasure was ordered, and when it is done.
export function personCard(person, changed) {
  const title = titleOf(person);
  const said = h('p', { class: 'note', role: 'status' });
  const failed = h('div');
  const actions = h('div');
  const all = button(say('Exportar tudo', 'Export everything'), () => exportAll(person, said),
    { place: failed, name: `${say('Exportar tudo', 'Export everything')}: ${title}` });
  const gone = async () => {
    if (await askToErase(person, title)) await erase(person, actions, changed);
  };
  const remove = button(say('Apagar…', 'Erase…'), gone, { kind: 'danger', place: failed, name: `${say('Apagar…', 'Erase…')}: ${title}` });
  actions.append(h('div', { class: 'buttons' }, all, remove), said);
  return [h('h3', {}, h('bdi', {}, title)), about(person), actions, failed];
}
