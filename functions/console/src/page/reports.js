// Relatórios: reports made in Data Studio, shown inside this page.

import { call } from './api.js';
import { h } from './dom.js';
import { empty, field, form, input, note, outward, section } from './parts.js';
import { LONGEST_TITLE, reportList } from './report-list.js';
import { go } from './route.js';
import { say } from './text.js';

const HOSTS = ['datastudio.google.com', 'lookerstudio.google.com'];
// What a report needs to work in a frame, and nothing else.
const SANDBOX = 'allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-storage-access-by-user-activation';

// An address that may be framed or opened: https and one of the two hosts, whatever the server says.
function reportUrl(text) {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url?.protocol === 'https:' && HOSTS.includes(url.host) ? url.href : null;
}

function frame(report) {
  const embedded = reportUrl(report.embed_url);
  const open = reportUrl(report.url) ?? embedded;
  const studio = say('Abrir no Data Studio ↗', 'Open in Data Studio ↗');
  const may = { sandbox: SANDBOX, allow: 'fullscreen', allowfullscreen: true, referrerpolicy: 'strict-origin-when-cross-origin' };
  return h('div', {},
    h('div', { class: 'buttons' }, open && outward(open, studio, { class: 'button' })),
    embedded && h('iframe', { class: 'report', src: embedded, title: report.title, ...may }),
    note(say('Não aparece? Entre na sua conta Google; o relatório deve estar compartilhado com você e permitir a incorporação.',
      'Nothing here? Sign in to your Google account; the report must be shared with you and allow embedding.')));
}

function adding(reports) {
  const link = h('textarea', { name: 'url', required: true, rows: 2, spellcheck: 'false' });
  const add = async ({ title, url }) => {
    const { id } = await call('POST', 'v1/reports', { body: { title: title.trim(), url: url.trim() } });
    go('relatorios', { id });
  };
  return h('details', { class: 'sheet', open: reports.length === 0 },
    h('summary', {}, say('Adicionar relatório', 'Add a report')),
    form([
      field(say('Título', 'Title'), input('title', { required: true, maxlength: LONGEST_TITLE })),
      field('Link', link, say('No Data Studio: Compartilhar > Incorporar relatório, ative a incorporação e copie o link ou o código.',
        'In Data Studio: Share > Embed report, enable embedding and copy the link or the code.')),
    ], say('Adicionar', 'Add'), add));
}

function explanation() {
  return section(say('Quem vê o quê', 'Who sees what'),
    h('dl', {},
      h('dt', {}, say('Credenciais do proprietário', 'Owner’s credentials')),
      h('dd', {}, say('Todos a quem o relatório foi compartilhado veem os dados do token de quem o criou. Compartilhe com cuidado.',
        'Everybody the report is shared with sees the data of its maker’s token. Share with care.')),
      h('dt', {}, say('Credenciais do leitor', 'Viewer’s credentials')),
      h('dd', {}, say('Cada leitor cola o próprio token e vê só o que ele mostra.',
        'Each viewer pastes their own token and sees what it shows.'))),
    note(say('Muda-se em Recurso > Gerenciar fontes de dados adicionadas, no Data Studio.',
      'Set under Resource > Manage added data sources, in Data Studio.')));
}

export async function content(params) {
  const { reports } = await call('GET', 'v1/reports');
  const shown = reports.find((report) => report.id === params.get('id')) ?? reports[0];
  return [
    h('p', { class: 'lead' },
      say('Veja aqui os relatórios que você criou no Data Studio.', 'See here the reports you made in Data Studio.')),
    adding(reports),
    reports.length === 0
      ? empty(say('Nenhum relatório ainda. Cole o link de um acima.', 'No report yet. Paste the link of one above.'))
      : [reportList(reports, shown), section(shown.title, frame(shown))],
    explanation(),
  ].flat();
}
