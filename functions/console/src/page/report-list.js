// The list of an account's reports, each of which can be opened, moved, renamed and removed.

import { call } from './api.js';
import { h } from './dom.js';
import { button, confirmed, field, form, input } from './parts.js';
import { go, href } from './route.js';
import { say } from './text.js';

export const LONGEST_TITLE = 200;

const pathOf = (report) => `v1/reports/${encodeURIComponent(report.id)}`;

// The form that is opened to rename a report.
function renaming(report) {
  const title = field(say('Título', 'Title'), input('title', { value: report.title, required: true, maxlength: LONGEST_TITLE }));
  const keep = async (values) => {
    await call('PUT', pathOf(report), { body: { title: values.title.trim() } });
    go('relatorios', { id: report.id });
  };
  return h('div', { hidden: true }, form([title], say('Salvar', 'Save'), keep, { kind: 'quiet' }));
}

// `shown` is the report that the page shows. What is moved keeps the keyboard's place.
export function reportList(reports, shown) {
  const failed = h('div', { 'aria-live': 'polite' });
  const list = h('ol', { class: 'reports', 'aria-label': say('Relatórios', 'Reports') });
  const draw = (now) => list.replaceChildren(...now.map((report, index) => line(report, index, now.length - 1)));

  async function refresh(id) {
    draw((await call('GET', 'v1/reports')).reports);
    [...list.querySelectorAll('a')].find((link) => link.dataset.id === id)?.focus();
  }

  async function move(report, position) {
    await call('PUT', pathOf(report), { body: { position } });
    await refresh(report.id);
  }

  async function remove(report) {
    const question = say(`Remover “${report.title}” desta lista?`, `Remove “${report.title}” from this list?`);
    if (!await confirmed(question, say('Remover', 'Remove'))) return;
    await call('DELETE', pathOf(report));
    if (report.id === shown.id) go('relatorios');
    else await refresh(shown.id);
  }

  function line(report, index, last) {
    const change = renaming(report);
    const rename = () => {
      change.hidden = !change.hidden;
      change.querySelector('input').focus();
    };
    const act = (text, verb, work, kind = 'small') => button(text, work, { kind, place: failed, name: `${verb}: ${report.title}` });
    const [renamed, removed] = [say('Renomear', 'Rename'), say('Remover', 'Remove')];
    const link = { href: href('relatorios', { id: report.id }), 'data-id': report.id, 'aria-current': report.id === shown.id && 'true' };
    return h('li', {},
      h('div', { class: 'report-line' }, h('a', link, h('bdi', {}, report.title)),
        h('span', { class: 'buttons' },
          index > 0 && act('↑', say('Subir', 'Move up'), () => move(report, index - 1)),
          index < last && act('↓', say('Descer', 'Move down'), () => move(report, index + 1)),
          act(renamed, renamed, rename), act(removed, removed, () => remove(report), 'danger small'))),
      change);
  }

  draw(reports);
  return h('div', { class: 'library' }, list, failed);
}
