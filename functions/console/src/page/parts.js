// What several pages are made of: notices, forms, tables, buttons.

import { Refusal } from './api.js';
import { h, newId } from './dom.js';
import { NONE, say } from './text.js';

export const note = (...children) => h('p', { class: 'note' }, ...children);
export const empty = (text) => h('p', { class: 'empty' }, text);
export const section = (title, ...children) => h('section', {}, h('h2', {}, title), ...children);

// What is wrong with one thing; some of the server's reasons begin with the field themselves.
export const reason = ({ field: of, message }) => (!of || message.startsWith(of) ? message : `${of}: ${message}`);

// A failure in words: what it means, the server's reason or each thing that is wrong, and the id to ask about.
export function failure(error) {
  if (!(error instanceof Refusal)) {
    console.error(error);
    return h('div', { class: 'failure', role: 'alert' }, say('Falha inesperada nesta página.', 'Unexpected failure of this page.'));
  }
  const reload = () => location.reload();
  return h('div', { class: 'failure', role: 'alert' },
    h('p', {}, error.message),
    error.errors.length > 1 ? h('ul', {}, error.errors.map((one) => h('li', {}, reason(one)))) : error.detail && h('p', {}, error.detail),
    error.reload && h('p', {}, h('button', { type: 'button', class: 'quiet', on: { click: reload } }, say('Recarregar', 'Reload'))),
    error.requestId && h('p', { class: 'note' }, say('Código do pedido: ', 'Request id: '), h('code', {}, error.requestId)));
}

// Runs what a button does: no second click meanwhile, and a failure is shown in `place`.
export async function run(button, place, work) {
  // Not `disabled`, which would take the keyboard's focus away.
  if (button.getAttribute('aria-disabled')) return;
  place.replaceChildren();
  button.setAttribute('aria-disabled', 'true');
  try {
    await work();
  } catch (error) {
    place.replaceChildren(failure(error));
  } finally {
    button.removeAttribute('aria-disabled');
  }
}

export function button(label, work, { kind = 'quiet', place, name } = {}) {
  const shown = h('button', { type: 'button', class: kind, 'aria-label': name }, label);
  const said = place ?? h('div');
  shown.addEventListener('click', () => run(shown, said, () => work(shown)));
  return place ? shown : h('div', { class: 'with-failure' }, shown, said);
}

// A labelled control.
export function field(label, control, hint) {
  const id = newId('field');
  control.setAttribute('id', id);
  if (hint) control.setAttribute('aria-describedby', `${id}-hint`);
  return h('div', { class: 'field' },
    h('label', { for: id }, label), control, hint && h('p', { class: 'note', id: `${id}-hint` }, hint));
}

export const input = (name, properties = {}) => h('input', { name, type: 'text', autocomplete: 'off', ...properties });

// `options` are pairs of value and text.
export const select = (name, options, chosen) => h('select', { name },
  options.map(([value, text]) => h('option', { value, selected: value === chosen }, text)));

// A form whose values go to `work` as an object.
export function form(fields, submit, work, { kind = 'main', inline = false } = {}) {
  const send = h('button', { type: 'submit', class: kind }, submit);
  const said = h('div');
  const made = h('form', { class: inline ? 'inline' : null }, ...fields, h('div', { class: 'buttons' }, send), said);
  made.addEventListener('submit', (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(made));
    run(send, said, () => work(values, made));
  });
  return made;
}

// A table. A head is a text, or {text, class}; a cell is what an element may hold, or {content, class}; the first cell
// names the row.
export function table(caption, heads, rows, { none } = {}) {
  if (rows.length === 0) return empty(none ?? say('Nada aqui ainda.', 'Nothing here yet.'));
  const head = (one) => h('th', { scope: 'col', class: one.class }, one.text ?? one);
  const cell = (one, index) => {
    const plain = one === null || one === undefined || one instanceof Node || Array.isArray(one) || typeof one !== 'object';
    const content = plain ? one : one.content;
    return h(index === 0 ? 'th' : 'td', { scope: index === 0 ? 'row' : null, class: plain ? null : one.class },
      content === null || content === undefined || content === '' ? NONE : content);
  };
  return h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': caption },
    h('table', {},
      h('caption', { class: 'unseen' }, caption),
      h('thead', {}, h('tr', {}, heads.map(head))),
      h('tbody', {}, rows.map((row) => h('tr', {}, row.map(cell))))));
}

// Copies a text; without a clipboard it is selected for the keyboard.
export function copyButton(source, name) {
  const shown = h('button', { type: 'button', class: 'quiet', 'aria-live': 'polite', 'aria-label': name }, say('Copiar', 'Copy'));
  shown.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      shown.textContent = say('Copiado', 'Copied');
    } catch {
      getSelection().selectAllChildren(source);
      source.focus();
      shown.textContent = say('Selecionado: use Ctrl+C', 'Selected: press Ctrl+C');
    }
    shown.removeAttribute('aria-label');
  });
  return shown;
}

// Asks before something that cannot be undone; true when it is confirmed.
export function confirmed(question, verb) {
  return new Promise((answer) => {
    const id = newId('question');
    const asked = h('dialog', { 'aria-labelledby': id },
      h('form', { method: 'dialog' },
        h('p', { id }, question),
        h('div', { class: 'buttons' },
          h('button', { value: 'no', class: 'quiet' }, say('Cancelar', 'Cancel')),
          h('button', { value: 'yes', class: 'danger' }, verb))));
    asked.addEventListener('close', () => {
      asked.remove();
      answer(asked.returnValue === 'yes');
    });
    document.body.append(asked);
    asked.showModal();
  });
}

// A link that opens another site.
export const outward = (href, text, properties = {}) =>
  h('a', { href, target: '_blank', rel: 'noopener noreferrer', ...properties }, text);
