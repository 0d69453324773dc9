// Conector: how an analyst connects Data Studio, in the order in which it is done.

import { call, who } from './api.js';
import { h } from './dom.js';
import { copyButton, field, form, input, note, outward, section, select } from './parts.js';
import { href } from './route.js';
import { account as accountForm } from './account.js';
import { tokenTable } from './tokens.js';
import { day, say } from './text.js';

const CONNECT = 'https://datastudio.google.com/datasources/create';
const EXPIRY_DAYS = 1826;

const privacies = () => [
  ['full', say('Tudo', 'Everything')],
  ['masked', say('Mascarado: nomes, telefones e e-mails em parte', 'Masked: names, phones and e-mails in part')],
  ['anonymous', say('Anônimo: pseudônimos, sem textos nem arquivos', 'Anonymous: pseudonyms, no texts and no files')],
];

const step = (title, ...children) => h('li', {}, h('h2', {}, title), ...children);

// The token is on the page until another page is opened, and nowhere else.
function issued(token) {
  const text = h('pre', { tabindex: 0, id: 'new-token', 'aria-label': say('Novo token', 'New token') }, token);
  return h('div', { class: 'sheet fresh' },
    h('p', {}, h('strong', {},
      say('Copie agora: este token não será mostrado de novo.', 'Copy it now: this token is not shown again.'))),
    text,
    h('div', { class: 'buttons' }, copyButton(text, say('Copiar o token', 'Copy the token'))));
}

function tokenStep(issuedOne) {
  const shown = h('div', { 'aria-live': 'polite' });
  const fields = h('div', { class: 'fields' },
    field(say('Nome', 'Name'), input('label', { maxlength: 100 }), say('Para quem ou para quê.', 'For whom or for what.')),
    field(say('O que mostra', 'What it shows'), select('privacy', privacies(), 'full')),
    field(say('Validade (dias)', 'Valid for (days)'),
      input('days', { type: 'number', min: 1, max: EXPIRY_DAYS, value: EXPIRY_DAYS, required: true }),
      say('Até 1.826 dias: cinco anos.', 'Up to 1,826 days: five years.')));
  const create = async ({ label, privacy, days }, made) => {
    const body = { scope: 'report', privacy, expires_in_days: Number(days), ...(label.trim() && { label: label.trim() }) };
    const { token } = await call('POST', 'v1/tokens', { body });
    shown.replaceChildren(issued(token));
    shown.querySelector('pre').focus();
    made.reset();
    who.account = await call('GET', 'v1/account');
    await issuedOne();
  };
  return step(say('Crie o token', 'Create the token'), form([fields], say('Criar token', 'Create token'), create), shown);
}

function connectStep(connectorId) {
  const title = say('Abra o Data Studio', 'Open Data Studio');
  if (!connectorId) {
    return step(title, h('p', { class: 'bad' }, say(
      'O operador ainda não informou o conector. Peça a ele que o informe em Modelos; depois o botão aparece aqui.',
      'The operator has not named the connector yet. Ask for it to be set under Templates; the button then appears here.')));
  }
  return step(title,
    h('p', {}, say('Entre com a sua conta Google. O link não leva o token.',
      'Sign in with your Google account. The link does not carry the token.')),
    h('p', {}, outward(`${CONNECT}?connectorId=${encodeURIComponent(connectorId)}`, 'Data Studio ↗', { class: 'button main' })));
}

function facts() {
  const starts = who.account.starts_on;
  const years = Math.floor(who.account.retention_days / 365);
  return h('dl', {},
    h('dt', {}, say('Dados desde', 'Data since')),
    h('dd', {}, starts ? day(starts) : say('o dia em que o primeiro token for criado', 'the day on which the first token is created')),
    h('dt', {}, say('Guardados por', 'Kept for')),
    h('dd', {}, say(`${who.account.retention_days} dias (${years} anos)`, `${who.account.retention_days} days (${years} years)`)),
    h('dt', {}, say('Dias anteriores', 'Earlier days')), h('dd', {}, say('não são guardados', 'are not kept')),
    h('dt', {}, say('Limite por gráfico', 'Limit per chart')),
    h('dd', {}, say('1.000.000 de linhas ou 50 MB. Para períodos longos use o tipo “summary”.',
      '1,000,000 rows or 50 MB. For long periods use the type “summary”.')),
    h('dt', {}, say('Mídias', 'Media')),
    h('dd', {}, say('vêm como link e abrem sem login', 'come as a link and open without signing in')));
}

export async function content() {
  const [settings, list] = await Promise.all([call('GET', 'v1/settings'), tokenTable()]);
  const known = h('div', {}, facts());
  // The first token decides the day from which data is kept.
  const refresh = async () => {
    known.replaceChildren(facts());
    await list.refresh();
  };
  return [
    h('p', { class: 'lead' }, say(
      'Ligue as sessões da sua plataforma ao Google Data Studio. É feito uma única vez; basta uma conta Google.',
      'Connect the sessions of your platform to Google Data Studio. It is done once; a Google account is all it takes.')),
    h('ol', { class: 'steps' },
      tokenStep(refresh),
      connectStep(settings.connector_id),
      step(say('Cole o token e conecte', 'Paste the token and connect'),
        h('p', {}, say('Cole o token no campo da chave e confirme.', 'Paste the token into the key field and submit.'), ' ',
          say('Escolha o tipo de relatório “sessions” e clique em CONECTAR, no canto superior direito.',
            'Choose the report type “sessions” and click CONNECT, at the top right.'))),
      step(say('Crie o relatório', 'Create the report'),
        h('p', {}, say('Clique em CRIAR RELATÓRIO ou comece por um dos ', 'Click CREATE REPORT or start from one of the '),
          h('a', { href: href('modelos') }, say('modelos', 'templates')), '. ',
          say('O que cada campo traz está no ', 'What each field holds is in the '),
          h('a', { href: href('dicionario') }, say('dicionário', 'dictionary')), '. ',
          say('Para ver o relatório aqui, incorpore-o em ', 'To see the report here, embed it under '),
          h('a', { href: href('relatorios') }, say('Relatórios', 'Reports')), '.'))),
    section(say('Tokens de relatório', 'Report tokens'),
      note(say('Um token revogado deixa de valer em até um minuto.', 'A revoked token stops working within a minute.')), list.element),
    section(say('Informações importantes', 'Important information'), known),
    accountForm(),
  ];
}
