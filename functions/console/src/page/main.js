// The console: who is there, which page is wanted, and its frame. Each page is a module that is loaded when it is opened.

import { Refusal, call, isOperator, signIn, signOut, who, whoIs } from './api.js';
import { h } from './dom.js';
import { confirmed, failure, field, form, input, note } from './parts.js';
import { chooseAccount, chosenAccount, go, here, href, takeToken } from './route.js';
import { isEnglish, say, setZone, speak } from './text.js';

const PAGES = [
  { id: 'conector', module: './connector.js', title: () => say('Conector', 'Connector') },
  { id: 'modelos', module: './templates.js', title: () => say('Modelos', 'Templates') },
  { id: 'relatorios', module: './reports.js', title: () => say('Relatórios', 'Reports') },
  { id: 'painel', module: './dashboard.js', title: () => say('Painel', 'Dashboard') },
  { id: 'conversas', module: './conversations.js', title: () => say('Conversas', 'Conversations') },
  { id: 'saude', module: './health.js', title: () => say('Integridade dos dados', 'Data integrity') },
  { id: 'privacidade', module: './privacy.js', title: () => say('Privacidade', 'Privacy') },
  { id: 'dicionario', module: './dictionary.js', title: () => say('Dicionário', 'Dictionary') },
];

const $ = (id) => document.getElementById(id);
let shown = null;

// --- The frame -------------------------------------------------------------------------------------------------

function languageButton() {
  const other = isEnglish() ? ['pt', 'Português', 'pt-BR'] : ['en', 'English', 'en'];
  const change = () => {
    speak(other[0]);
    const { page, params } = here();
    go(page, params);
  };
  return h('button', { type: 'button', class: 'plain', lang: other[2], on: { click: change } }, other[1]);
}

// Nobody is told to be out whose session the server still has.
async function leave() {
  try {
    await signOut();
  } catch (error) {
    return void mount(failure(error));
  }
  forget();
  showSignIn();
}

function forget() {
  Object.assign(who, { me: null, account: null });
  chooseAccount('');
}

function changeAccount() {
  who.account = null;
  chooseAccount('');
  go('');
}

function showFrame(page) {
  $('skip').textContent = say('Ir para o conteúdo', 'Skip to the content');
  const premium = h('strong', {}, 'Premium');
  $('brand').replaceChildren(...say(['Relatórios ', premium], [premium, ' Reports']));
  const account = who.me && (who.me.account ?? chosenAccount());
  const other = isOperator() && h('button', { type: 'button', class: 'plain', on: { click: changeAccount } },
    say('Trocar de conta', 'Change account'));
  $('tools').replaceChildren(...[
    account && h('span', { class: 'account' }, account),
    account && other,
    languageButton(),
    who.me && h('button', { type: 'button', class: 'plain', on: { click: leave } }, say('Sair', 'Sign out')),
  ].filter(Boolean));
  const tabs = $('tabs');
  tabs.hidden = !who.account;
  tabs.setAttribute('aria-label', say('Páginas', 'Pages'));
  const tab = ({ id, title }) => h('a', { href: href(id), 'aria-current': id === page?.id && 'page' }, title());
  tabs.replaceChildren(...PAGES.map(tab));
  document.title = `${page ? `${page.title()} · ` : ''}${say('Relatórios Premium', 'Premium Reports')}`;
}

// Puts a new content in place; what still arrives for the old one goes nowhere.
function mount(...children) {
  shown = h('div', { class: 'page' }, ...children);
  $('main').replaceChildren(shown);
  $('main').removeAttribute('aria-busy');
  return shown;
}

// --- Signing in ------------------------------------------------------------------------------------------------

function showSignIn(error) {
  showFrame(null);
  const token = input('token', { type: 'password', required: true, spellcheck: 'false' });
  mount(h('div', { class: 'narrow' },
    h('h1', {}, say('Relatórios Premium', 'Premium Reports')),
    h('p', {}, say(
      'Abra esta página pela sua plataforma, em Relatórios > Premium. Operadores entram com um token.',
      'Open this page from your platform, under Reports > Premium. Operators sign in with a token.')),
    error && failure(error),
    form([field(say('Token', 'Token'), token)], say('Entrar', 'Sign in'), async (values) => {
      await exchange(values.token.trim());
      await enter();
    })));
}

function showAccounts(error) {
  showFrame(null);
  const account = input('account', { required: true, pattern: '[a-z0-9][a-z0-9\\-]{0,62}', spellcheck: 'false' });
  mount(h('div', { class: 'narrow' },
    h('h1', {}, say('Qual conta?', 'Which account?')),
    error && failure(error),
    form([field(say('Conta', 'Account'), account, say('Letras minúsculas, números e hífen.', 'Small letters, digits and hyphens.'))],
      say('Abrir', 'Open'), async (values) => {
        chooseAccount(values.account);
        const { page, params } = here();
        history.replaceState(null, '', href(page, params));
        await enter();
      })));
}

// Makes a token the browser's session, which some browsers do not keep.
async function exchange(token) {
  await signIn(token);
  await call('GET', 'v1/me').catch((error) => {
    if (error.status !== 401) throw error;
    throw new Refusal([
      say('O navegador não guardou a sessão: os cookies estão bloqueados.', 'The browser did not keep the session: cookies are blocked.'),
      say('Permita cookies deste site nas configurações de privacidade, ou use uma janela que não seja anônima, e entre de novo.',
        'Allow cookies of this site in its privacy settings, or use a window that is not private, and sign in again.'),
    ].join(' '));
  });
}

// Whether the token may take the place of the session that is there: another's is asked about first.
async function wanted(token) {
  const next = await whoIs(token);
  const now = await call('GET', 'v1/me').catch((error) => {
    if (error.status !== 401) throw error;
    return null;
  });
  if (!now || now.account === next.account) return true;
  const at = ({ account }) => (account ? say(`na conta ${account}`, `in the account ${account}`) : say('como operador', 'as an operator'));
  const question = say(`Você está ${at(now)}. Entrar ${at(next)}?`, `You are signed in ${at(now)}. Sign in ${at(next)}?`);
  return confirmed(question, say('Entrar', 'Sign in'));
}

// Finds out who is there, then shows what the address asks for.
async function enter() {
  who.me = await call('GET', 'v1/me');
  if (!isOperator()) chooseAccount('');
  if (isOperator() && !chosenAccount()) return showAccounts();
  who.account = await call('GET', 'v1/account');
  setZone(who.account.timezone);
  return show();
}

// Whoever was in is told that the session has ended; whoever merely comes is asked who they are.
function refused(error) {
  if (error instanceof Refusal && error.status === 401) {
    const ended = who.me && new Refusal(error.message);
    forget();
    showSignIn(ended);
  } else if (isOperator() && !who.account) {
    chooseAccount('');
    showAccounts(error);
  } else {
    showSignIn(error);
  }
}

// --- Pages -----------------------------------------------------------------------------------------------------

// The files of a version go when the next one comes.
function stale(error) {
  console.error(error);
  throw new Refusal(say('O console foi atualizado. Recarregue a página.', 'The console was updated. Reload the page.'));
}

async function show() {
  const { page: id, params } = here();
  const page = PAGES.find((one) => one.id === id) ?? PAGES[0];
  const first = shown === null;
  showFrame(page);
  const title = h('h1', { tabindex: -1 }, page.title());
  const loading = note(say('Carregando…', 'Loading…'));
  const root = mount(title, loading);
  root.setAttribute('data-page', page.id);
  if (!first) title.focus({ preventScroll: true });
  scrollTo(0, 0);
  try {
    const { content } = await import(page.module).catch(stale);
    // The title stays, and with it the keyboard's focus.
    loading.replaceWith(...await content(params));
  } catch (error) {
    if (error instanceof Refusal && error.status === 401 && root === shown) refused(error);
    else loading.replaceWith(failure(error));
  }
  root.setAttribute('data-ready', page.id);
}

function follow() {
  const token = takeToken();
  if (token) return begin(token);
  const { params } = here();
  speak(params.get('lang'));
  if (!who.me) return showSignIn();
  const account = params.get('account') ?? '';
  if (account === chosenAccount()) return who.account ? show() : showAccounts();
  chooseAccount(account);
  return begin();
}

// From the start: with the token that the platform handed over, or the session that is there already.
async function begin(token) {
  try {
    if (token && await wanted(token)) await exchange(token);
  } catch (error) {
    Object.assign(who, { me: null, account: null });
    return showSignIn(error);
  }
  Object.assign(who, { me: null, account: null });
  return enter().catch(refused);
}

$('skip').addEventListener('click', (event) => {
  event.preventDefault();
  $('main').focus();
});
addEventListener('hashchange', follow);
const token = takeToken();
speak(here().params.get('lang'));
chooseAccount(here().params.get('account') ?? '');
begin(token);
