// What was erased: the list of receipts, and each of them to read, copy and keep.

import { call, shownAccount, who } from './api.js';
import { save } from './csv.js';
import { h } from './dom.js';
import { button, copyButton, empty, run } from './parts.js';
import { counted, instant, number, say } from './text.js';

const AT_ONCE = 20;

const done = ({ sessions, files }) => {
  const emptied = counted(sessions, say('sessão esvaziada', 'session emptied'), say('sessões esvaziadas', 'sessions emptied'));
  const deleted = counted(files, say('arquivo apagado', 'file deleted'), say('arquivos apagados', 'files deleted'));
  return `${emptied}, ${deleted}`;
};

// How far an erasure has come, in a sentence.
export function told(receipt) {
  if (receipt.done_at) return say(`Concluído: ${done(receipt)}.`, `Done: ${done(receipt)}.`);
  return receipt.sessions === 0 ? say('Pedido registrado. Apagando…', 'It was ordered. Erasing…')
    : say(`Apagando… ${done(receipt)}.`, `Erasing… ${done(receipt)}.`);
}

// An instant with its zone, for whoever reads it elsewhere.
const at = (time) => (time ? `${instant(time)} (${who.account.timezone})` : say('em andamento', 'in progress'));

const lines = (receipt) => [
  [say('Comprovante', 'Receipt'), receipt.receipt_id], [say('Conta', 'Account'), shownAccount()],
  [say('Pseudônimo do titular', 'Pseudonym of the person'), receipt.person],
  [say('Pedido em', 'Ordered'), at(receipt.requested_at)], [say('Concluído em', 'Done'), at(receipt.done_at)],
  [say('Pedido com o token', 'Ordered with the token'), receipt.by],
  [say('Sessões esvaziadas', 'Sessions emptied'), number(receipt.sessions)],
  [say('Arquivos apagados', 'Files deleted'), number(receipt.files)],
  [say('Segmentos reescritos', 'Segments rewritten'), number(receipt.segments_rewritten)],
].map(([name, value]) => `${name}: ${value}`).join('\n');

// A receipt as the text that is shown, copied and downloaded.
export function receiptView(receipt) {
  const text = lines(receipt);
  const name = `${say('comprovante', 'receipt')}-${receipt.receipt_id}`;
  const shown = h('pre', { tabindex: 0 }, text);
  const file = (label, extension, type, content) => {
    const one = h('button', { type: 'button', class: 'quiet' }, label);
    one.addEventListener('click', () => save(`${name}.${extension}`, new Blob([content], { type })));
    return one;
  };
  return h('div', {}, shown,
    h('div', { class: 'buttons' },
      copyButton(shown, say('Copiar o comprovante', 'Copy the receipt')),
      file(say('Baixar como texto', 'Download as text'), 'txt', 'text/plain;charset=utf-8', `${text}\n`),
      file(say('Baixar como JSON', 'Download as JSON'), 'json', 'application/json', `${JSON.stringify({ account: shownAccount(), ...receipt }, null, 2)}\n`)));
}

const state = ({ done_at: end }) => (end ? h('strong', { class: 'good' }, say('Concluído', 'Done'))
  : h('strong', {}, say('Em andamento', 'In progress')));

const line = (receipt) => h('li', {}, h('details', {},
  h('summary', {}, instant(receipt.requested_at), ' · ', state(receipt), ' · ',
    counted(receipt.sessions, say('sessão', 'session'), say('sessões', 'sessions'))),
  receiptView(receipt)));

// The list, newest first, which can be asked to refresh itself.
export async function erasureList() {
  const place = h('div');
  const failed = h('div', { 'aria-live': 'polite' });
  const more = h('button', { type: 'button', class: 'quiet' }, say('Mostrar mais', 'Show more'));
  let receipts = [];
  let cursor = null;
  const load = async (from) => {
    const page = await call('GET', 'v1/erasures', { query: { limit: AT_ONCE, ...(from && { cursor: from }) } });
    receipts = from ? receipts.concat(page.erasures) : page.erasures;
    cursor = page.nextCursor;
    more.hidden = !cursor;
    place.replaceChildren(receipts.length === 0 ? empty(say('Ninguém foi apagado ainda.', 'Nobody was erased yet.'))
      : h('ul', { class: 'reports' }, receipts.map(line)));
  };
  more.addEventListener('click', () => run(more, failed, () => load(cursor)));
  await load(null);
  const again = button(say('Atualizar', 'Refresh'), () => load(null), { place: failed, name: say('Atualizar a lista', 'Refresh the list') });
  // What fails is shown here, and whoever asked goes on.
  const refresh = () => run(again, failed, () => load(null));
  return { element: h('div', {}, place, h('div', { class: 'buttons' }, more, again), failed), refresh };
}
