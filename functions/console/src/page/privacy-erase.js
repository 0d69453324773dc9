// The erasure of a person: what it does, asked about in plain words, and what has become of it.

import { call, patiently, pause } from './api.js';
import { h, newId } from './dom.js';
import { receiptView, told } from './erasures.js';
import { field, input } from './parts.js';
import { counted, say } from './text.js';

// The pause between two looks at the receipt, in seconds, grows up to the second.
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 10;
const GROWTH = 1.3;
const MOST_TYPED = 80;

// A text however it is typed: case and spaces do not matter.
const plain = (text) => text.normalize('NFC').trim().replace(/\s+/g, ' ').toLowerCase();

// What is to be typed: the person's name, but for one that no keyboard writes, else a word.
const wordFor = ({ names }) => names.find((name) => plain(name) && name.length <= MOST_TYPED && !/\p{C}/u.test(name)) ?? say('APAGAR', 'ERASE');

function consequences({ sessions, media }) {
  const all = counted(sessions, say('sessão', 'session'), say('sessões', 'sessions'));
  const files = counted(media, say('mensagem', 'message'), say('mensagens', 'messages'));
  return [
    h('h3', {}, say('O que some', 'What goes')),
    h('ul', {},
      h('li', {}, say(`De ${all}: nome, telefones, e-mails, IDs e tudo o mais que é do contato.`,
        `From ${all}: names, phones, e-mails, ids and all else that is of the contact.`)),
      h('li', {}, say('O que foi dito: textos, transcrições, legendas e respostas.', 'What was said: texts, transcripts, legends and answers.')),
      media > 0 && h('li', {}, say(`Os arquivos de ${files} e os links que os abrem.`, `The files of ${files} and the links that open them.`))),
    h('h3', {}, say('O que fica', 'What stays')),
    h('p', {}, say('As sessões continuam nas contagens, com status, horários, equipe, agente, canal e tabulação. O ID da sessão não muda.',
      'The sessions stay in the counts, with status, times, team, agent, channel and tabulation. The session’s id does not change.')),
    h('h3', {}, say('O que isto não alcança', 'What this does not reach')),
    h('ul', {},
      h('li', {}, say('O backup da tabela (PITR): os dados ainda podem ser recuperados dele por até 35 dias.',
        'The table’s backup (PITR): the data can still be recovered from it for up to 35 days.')),
      h('li', {}, say('O cache do próprio Data Studio e os extratos dele.', 'Data Studio’s own cache and its extracts.')),
      h('li', {}, say('Arquivos que já foram exportados e cópias abertas do lake.', 'Files that were exported and open copies of the lake.')),
      h('li', {}, say('Sessões futuras desta pessoa: elas serão guardadas inteiras.', 'Later sessions of this person: they are kept whole.'))),
    h('p', {}, h('strong', {}, say('Não há como desfazer.', 'It cannot be undone.'))),
  ];
}

// Asks in a dialog that takes a typed confirmation; true when it was given.
export function askToErase(person, title) {
  return new Promise((answer) => {
    const id = newId('erase');
    const word = wordFor(person);
    const typed = input('word', { spellcheck: 'false', autocapitalize: 'none' });
    const said = h('p', { class: 'bad', role: 'alert' });
    const close = (value) => asked.close(value);
    const check = (event) => {
      event.preventDefault();
      if (plain(typed.value) === plain(word)) return close('yes');
      typed.setAttribute('aria-invalid', 'true');
      said.replaceChildren(say('Não confere com o que se pede acima. Nada foi apagado.', 'It is not what is asked for above. Nothing was erased.'));
      return typed.focus();
    };
    // The heading is where the reading begins: with the focus on the field, the text would be scrolled past.
    const asked = h('dialog', { 'aria-labelledby': id, class: 'wide' },
      h('h2', { id, tabindex: -1, autofocus: true }, say('Apagar os dados de ', 'Erase the data of '), h('bdi', {}, title), '?'),
      consequences(person),
      h('form', { on: { submit: check } },
        field([say('Para confirmar, escreva: ', 'To confirm, type: '), h('bdi', {}, word)], typed),
        said,
        h('div', { class: 'buttons' },
          h('button', { type: 'button', class: 'quiet', on: { click: () => close('no') } }, say('Cancelar', 'Cancel')),
          h('button', { type: 'submit', class: 'danger' }, say('Apagar', 'Erase')))));
    asked.addEventListener('close', () => {
      asked.remove();
      answer(asked.returnValue === 'yes');
    });
    document.body.append(asked);
    asked.showModal();
  });
}

// Looks at a receipt until it says that all is done, as long as its place is on the page.
async function follow(id, place, show) {
  for (let seconds = FIRST_PAUSE; place.isConnected; seconds = Math.min(seconds * GROWTH, LONGEST_PAUSE)) {
    const receipt = await patiently(() => call('GET', `v1/erasures/${encodeURIComponent(id)}`));
    show(receipt);
    if (receipt.done_at) return;
    await pause(seconds);
  }
}

// Orders the erasure; its receipt takes the place of the person's buttons.
export async function erase({ person }, place, changed) {
  const { receipt_id: id } = await call('DELETE', `v1/people/${encodeURIComponent(person)}`);
  const head = h('h4', { tabindex: -1 }, say('Comprovante', 'Receipt'));
  const said = h('p', { role: 'status' }, say('Pedido registrado. Apagando…', 'It was ordered. Erasing…'));
  const waiting = h('p', { class: 'note' },
    say('Leva de segundos a minutos. Você pode sair desta página: o trabalho continua, e o comprovante fica na lista abaixo.',
      'It takes seconds to minutes. You may leave this page: the work goes on, and the receipt stays in the list below.'));
  const shown = h('div');
  place.replaceChildren(head, said, waiting, shown);
  head.focus();
  await changed();
  await follow(id, place, (receipt) => {
    const text = told(receipt);
    // Said once: what is set again would be read out again.
    if (said.textContent !== text) said.replaceChildren(text);
    if (!receipt.done_at) return;
    waiting.remove();
    shown.replaceChildren(receiptView(receipt));
  });
  if (place.isConnected) await changed();
}
