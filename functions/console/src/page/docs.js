// The API for people, made of the same description that programs read (/v1/openapi.json). Nobody has to be signed in.

import { endpoints } from './docs-endpoints.js';
import { examples, fields, notations } from './docs-fields.js';
import { guide } from './docs-guide.js';
import { tester } from './docs-tester.js';
import { h } from './dom.js';
import { isEnglish, say, speak } from './text.js';

const $ = (id) => document.getElementById(id);

const PARTS = [
  { id: 'inicio', title: () => say('Comece aqui', 'Start here'), content: guide },
  { id: 'testar', title: () => say('Testar um documento', 'Test a document'), content: tester },
  { id: 'campos', title: () => say('Campos de uma sessão', 'Fields of a session'), content: fields },
  { id: 'notacoes', title: () => say('Notações lidas', 'Notations read'), content: notations },
  { id: 'exemplos', title: () => say('Exemplos', 'Examples'), content: examples },
  { id: 'enderecos', title: () => say('Endereços', 'Endpoints'), content: endpoints },
];

function frame() {
  $('skip').textContent = say('Ir para o conteúdo', 'Skip to the content');
  const premium = h('strong', {}, 'Premium');
  $('brand').replaceChildren(...say(['Relatórios ', premium], [premium, ' Reports']));
  $('tabs').setAttribute('aria-label', say('Partes desta página', 'Parts of this page'));
  $('tabs').replaceChildren(...PARTS.map(({ id, title }) => h('a', { href: `#${id}` }, title())));
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

// The description; each text of it that has a Portuguese one beside it is told in the language of the page.
const description = fetch(new URL('v1/openapi.json', document.baseURI)).then((answer) => answer.json());

// Goes to the part, or the endpoint, that the address names, and opens it.
function reveal() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target) return;
  if (target.matches('details')) target.open = true;
  target.scrollIntoView();
}

async function show() {
  speak(new URLSearchParams(location.search).get('lang'));
  frame();
  const api = await description;
  const parts = PARTS.map(({ id, title, content }) => h('section', { id }, h('h2', {}, title()), ...content(api)));
  const page = h('div', { class: 'page docs' }, h('h1', { tabindex: -1 }, 'API'), ...parts);
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
