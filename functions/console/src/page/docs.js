// The API for people, made of the same description that programs read (/v1/openapi.json). Nobody has to be signed in.

import { asOfToday } from './docs-dates.js';
import { endpoints, index } from './docs-endpoints.js';
import { examples, fields, notations } from './docs-fields.js';
import { guide } from './docs-guide.js';
import { ruling } from './docs-rules.js';
import { tester } from './docs-tester.js';
import { h } from './dom.js';
import { isEnglish, say, speak } from './text.js';

const $ = (id) => document.getElementById(id);

const PARTS = [
  { id: 'inicio', tab: () => say('Comece aqui', 'Start here'), title: () => say('Comece aqui', 'Start here'), content: guide },
  { id: 'regras', tab: () => say('Regras', 'Rules'), title: () => say('Regras e respostas', 'Rules and answers'), content: ruling },
  { id: 'indice', tab: () => say('Índice', 'Index'), title: () => say('Índice de endereços', 'Index of endpoints'), content: index },
  { id: 'testar', tab: () => say('Testar', 'Test'), title: () => say('Testar um documento', 'Test a document'), content: tester },
  { id: 'campos', tab: () => say('Campos', 'Fields'), title: () => say('Campos de uma sessão', 'Fields of a session'), content: fields },
  { id: 'notacoes', tab: () => say('Formatos', 'Formats'), title: () => say('Formatos aceitos', 'Accepted formats'), content: notations },
  { id: 'exemplos', tab: () => say('Exemplos', 'Examples'), title: () => say('Exemplos', 'Examples'), content: examples },
  { id: 'enderecos', tab: () => say('Endereços', 'Endpoints'), title: () => say('Endereços', 'Endpoints'), content: endpoints },
];

const DESCRIPTION = new URL('v1/openapi.json', document.baseURI);

function frame() {
  $('skip').textContent = say('Ir para o conteúdo', 'Skip to the content');
  const premium = h('strong', {}, 'Premium');
  $('brand').replaceChildren(...say(['Relatórios ', premium], [premium, ' Reports']));
  $('tabs').setAttribute('aria-label', say('Partes desta página', 'Parts of this page'));
  $('tabs').replaceChildren(...PARTS.map(({ id, tab }) => h('a', { href: `#${id}` }, tab())));
  const other = isEnglish() ? ['pt', 'Português', 'pt-BR'] : ['en', 'English', 'en'];
  const change = () => {
    history.replaceState(null, '', `?lang=${other[0]}${location.hash}`);
    show();
  };
  $('tools').replaceChildren(
    h('a', { href: new URL('.', document.baseURI).href }, 'Console'),
    h('button', { type: 'button', class: 'plain', lang: other[2], on: { click: change } }, other[1]));
  document.title = `API · ${say('Relatórios Premium', 'Premium Reports')}`;
}

// The description, with examples of today; each text of it that has a Portuguese one beside it is told in the language of
// the page.
const description = fetch(DESCRIPTION).then((answer) => answer.text()).then((text) => JSON.parse(asOfToday(text)));

// Goes to the part, or the endpoint, that the address names, and opens it.
function reveal() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target) return;
  if (target.matches('details')) target.open = true;
  target.scrollIntoView();
}

async function show() {
  // Also a whole tag, as `en-US`.
  speak(new URLSearchParams(location.search).get('lang')?.toLowerCase().split('-')[0]);
  frame();
  const api = await description;
  const parts = PARTS.map(({ id, title, content }) => h('section', { id }, h('h2', {}, title()), ...content(api)));
  const openapi = h('a', { href: DESCRIPTION.href }, h('code', {}, DESCRIPTION.pathname));
  const lead = h('p', { class: 'lead' }, say('Como enviar sessões e ler linhas. O mesmo para programas (OpenAPI 3.1): ',
    'How to send sessions and read rows. The same for programs (OpenAPI 3.1): '), openapi, '.');
  const page = h('div', { class: 'page docs' }, h('h1', { tabindex: -1 }, 'API'), lead, ...parts);
  $('main').replaceChildren(page);
  $('main').removeAttribute('aria-busy');
  reveal();
  page.setAttribute('data-ready', 'docs');
}

addEventListener('hashchange', reveal);
$('skip').addEventListener('click', (event) => {
  event.preventDefault();
  $('main').focus();
});
show();
