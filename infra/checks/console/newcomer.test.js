// A supervisor who has never seen the console, and the operator who prepares it.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { admin, dayBefore, expect, follow, launch, newAccount, newTab, open, ready, rows, store, url, visit } from './stack.js';
import { sessions } from './sessions.js';

const CONNECTOR = 'AKfycbx-0123456789abcdefghijklmnopqrstuvwxyz';
const TEMPLATE = '0B_U5RNpwhcE6QXg4SXFBVGUwMjg';
const REPORT = 'https://datastudio.google.com/reporting/6b0e04a4-0000-4000-8000-3c9d3f3c0a01/page/p_abc';
const EMBEDDED = REPORT.replace('/reporting', '/embed/reporting');

const require = createRequire(import.meta.url);
const { reportLink } = require('../../../connector/links.js');
const template = require('../../../connector/templates/atendimento.json');

let browser;
let world;

// What a test needs of these is set before it, as they are the whole stack's.
const settings = { connector_id: CONNECTOR, templates: { atendimento: TEMPLATE }, prices: {} };

before(async () => {
  browser = await launch();
  world = await newAccount();
  await store(world, sessions(6));
});
after(() => browser.close());

test('an operator signs in with a token, picks the account and sets what all accounts use', async () => {
  await expect(200, 'PUT', '/v1/settings', admin, settings);
  const { tab, context, wrong } = await newTab(browser);
  await tab.goto(url);
  await tab.getByLabel('Token').fill('not-a-token');
  await tab.getByRole('button', { name: 'Entrar' }).click();
  await tab.getByRole('alert').getByText('Código do pedido').waitFor();
  await tab.getByLabel('Token').fill(admin);
  await tab.getByRole('button', { name: 'Entrar' }).click();
  await tab.getByLabel('Conta').fill(world.account);
  await tab.getByRole('button', { name: 'Abrir' }).click();
  await ready(tab, 'conector');
  await follow(tab, tab.getByRole('link', { name: 'Modelos', exact: true }), 'modelos');
  await tab.getByLabel('ID de implantação').fill(`${CONNECTOR}-2`);
  await tab.getByLabel('Perdidas', { exact: true }).fill(TEMPLATE);
  await tab.getByLabel('Moeda').fill('brl');
  for (const price of ['Um GB por mês', 'Um milhão de gravações', 'Um milhão de leituras']) await tab.getByLabel(price).fill('0');
  await tab.getByLabel('Um milhão de pedidos').fill('1.5');
  await tab.getByRole('button', { name: 'Salvar' }).click();
  await tab.getByText('Guardado.').waitFor();
  const kept = await expect(200, 'GET', '/v1/settings', world.token);
  assert.equal(kept.connector_id, `${CONNECTOR}-2`);
  assert.deepEqual(kept.templates, { atendimento: TEMPLATE, perdidas: TEMPLATE });
  assert.deepEqual([kept.prices.currency, kept.prices.per_million_requests], ['BRL', 1.5]);
  // A reload keeps the session and the account; signing out ends it.
  await tab.reload();
  await ready(tab, 'modelos');
  await tab.getByRole('button', { name: 'Sair' }).click();
  await tab.getByLabel('Token').waitFor();
  await tab.reload();
  await tab.getByLabel('Token').waitFor();
  assert.deepEqual(wrong, []);
  await context.close();
});

test('prices are kept whole or refused, and a template is offered only with its connector', async () => {
  await expect(200, 'PUT', '/v1/settings', admin, { connector_id: null, templates: { atendimento: TEMPLATE }, prices: {} });
  const { tab, context, wrong } = await newTab(browser);
  await tab.goto(url);
  await tab.getByLabel('Token').fill(admin);
  await tab.keyboard.press('Enter');
  await tab.getByLabel('Conta').fill(world.account);
  await tab.keyboard.press('Enter');
  await ready(tab, 'conector');
  await tab.getByLabel('Campos confidenciais').fill('tabulation, nada_disso');
  await tab.getByRole('button', { name: 'Salvar' }).click();
  await tab.getByRole('alert').getByText('O dicionário não tem: nada_disso.').waitFor();
  await visit(tab, `#/modelos?account=${world.account}`);
  assert.equal(await tab.getByRole('link', { name: /^Criar relatório/ }).count(), 0);
  await tab.getByText('O operador ainda não informou o conector.').waitFor();
  await tab.getByLabel('Um milhão de pedidos').fill('1.5');
  for (const currency of ['', 'BRL']) {
    await tab.getByLabel('Moeda').fill(currency);
    await tab.getByRole('button', { name: 'Salvar' }).click();
    await tab.getByRole('alert').getByText('Informe a moeda e os quatro preços').waitFor();
  }
  assert.deepEqual((await expect(200, 'GET', '/v1/settings', admin)).prices, {});
  assert.deepEqual(wrong, []);
  await context.close();
});

test('a newcomer gets a token, the way to Data Studio and a template', async () => {
  await expect(200, 'PUT', '/v1/settings', admin, settings);
  const { tab, context, wrong } = await open(browser, world.token);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  // What the platform handed over is gone from the address, and no script can read it.
  assert.equal(new URL(tab.url()).hash, '#/');
  assert.deepEqual(await tab.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length]), ['', 0, 0]);

  await tab.getByLabel('Nome', { exact: true }).fill('Diretoria');
  await tab.getByLabel('O que mostra').selectOption('masked');
  await tab.getByLabel('Validade (dias)').fill('30');
  await tab.getByRole('button', { name: 'Criar token' }).click();
  const shown = tab.locator('#new-token');
  const token = await shown.textContent();
  await tab.getByRole('button', { name: 'Copiar o token' }).click();
  assert.equal(await tab.evaluate(() => navigator.clipboard.readText()), token);
  const me = await expect(200, 'GET', '/v1/me', token);
  assert.deepEqual([me.account, me.scope, me.privacy], [world.account, 'report', 'masked']);
  const days = (new Date(me.expires_at) - Date.now()) / 86400000;
  assert(days > 29.9 && days <= 30, `valid for ${days} days`);
  const line = tab.getByRole('row', { name: /Diretoria/ });
  await line.getByText('mascarado').waitFor();
  const [year, month, day] = dayBefore(40).split('-');
  await tab.getByText(`${day}/${month}/${year}`).waitFor();

  const studio = await tab.getByRole('link', { name: /^Data Studio/ }).getAttribute('href');
  assert.equal(studio, `https://datastudio.google.com/datasources/create?connectorId=${CONNECTOR}`);
  await tab.getByText('“sessions”').waitFor();

  await follow(tab, tab.getByRole('link', { name: 'Modelos', exact: true }), 'modelos');
  assert.equal(await tab.locator('.card').count(), 6);
  assert.equal(await tab.getByText(token).count(), 0);
  const link = new URL(await tab.getByRole('link', { name: 'Criar relatório Atendimento' }).getAttribute('href'));
  assert.equal(link.origin + link.pathname, 'https://datastudio.google.com/reporting/create');
  assert.equal(link.searchParams.get('c.reportId'), TEMPLATE);
  const ours = new URL(reportLink(template, TEMPLATE, CONNECTOR));
  assert.deepEqual(Object.fromEntries(link.searchParams), Object.fromEntries(ours.searchParams), 'the connector makes the same link');
  assert(!link.search.includes('eyJ'), 'no token in a link');

  await follow(tab, tab.getByRole('link', { name: 'Conector', exact: true }), 'conector');
  assert.equal(await tab.getByText(token).count(), 0, 'a token is shown once');
  await tab.getByRole('button', { name: 'Revogar Diretoria' }).click();
  await tab.getByRole('dialog').getByRole('button', { name: 'Cancelar' }).click();
  await tab.getByRole('button', { name: 'Revogar Diretoria' }).click();
  await tab.getByRole('dialog').getByRole('button', { name: 'Revogar' }).click();
  await tab.getByRole('row', { name: /Diretoria.*revogado/ }).waitFor();
  const { tokens } = await expect(200, 'GET', '/v1/tokens', world.token);
  assert(tokens.find((one) => one.label === 'Diretoria').revoked_at);
  assert.deepEqual(wrong, []);
  await context.close();
});

test('reports are pasted, shown in a closed frame, renamed, moved and removed by the keyboard', async () => {
  const { tab, context, wrong } = await open(browser, world.token);
  await visit(tab, '#/relatorios');
  const add = async (title, link) => {
    if (await tab.locator('details.sheet').getAttribute('open') === null) await tab.getByText('Adicionar relatório').click();
    await tab.locator('details').getByLabel('Título').fill(title);
    await tab.getByLabel('Link').fill(link);
    await tab.getByLabel('Link').press('Tab');
    await tab.keyboard.press('Enter');
  };
  const elsewhere = REPORT.replace('datastudio.google.com', 'example.com');
  await add('Errado', elsewhere);
  // The server's own words, in the language of the page.
  await tab.getByRole('alert').getByText('url não é do Data Studio: o endereço começa com').waitFor();
  await tab.getByRole('alert').getByText('Código do pedido').waitFor();
  await add('Vendas', REPORT);
  await tab.getByRole('heading', { name: 'Vendas' }).waitFor();
  const frame = tab.locator('iframe');
  assert.equal(await frame.getAttribute('src'), EMBEDDED);
  assert.notEqual(await frame.getAttribute('allowfullscreen'), null);
  const sandbox = (await frame.getAttribute('sandbox')).split(' ');
  for (const never of ['allow-top-navigation', 'allow-forms', 'allow-downloads']) assert(!sandbox.includes(never), never);
  await add('Suporte', `<iframe width="600" height="450" src="${EMBEDDED}" frameborder="0"></iframe>`);
  await tab.getByRole('heading', { name: 'Suporte' }).waitFor();
  const titles = async () => (await expect(200, 'GET', '/v1/reports', world.token)).reports.map((report) => report.title);
  assert.deepEqual(await titles(), ['Vendas', 'Suporte']);
  await tab.getByRole('button', { name: 'Subir: Suporte' }).press('Enter');
  await tab.getByRole('button', { name: 'Descer: Suporte' }).waitFor();
  assert.deepEqual(await titles(), ['Suporte', 'Vendas']);
  assert.equal(await tab.evaluate(() => document.activeElement.textContent), 'Suporte', 'the keyboard keeps its place');
  await tab.getByRole('button', { name: 'Renomear: Vendas' }).press('Enter');
  await tab.keyboard.press('Control+A');
  await tab.keyboard.type('Vendas do mês');
  await tab.keyboard.press('Enter');
  await tab.getByRole('link', { name: 'Vendas do mês' }).waitFor();
  assert.deepEqual(await titles(), ['Suporte', 'Vendas do mês']);
  await tab.getByRole('button', { name: 'Remover: Suporte' }).press('Enter');
  await tab.getByRole('dialog').getByRole('button', { name: 'Remover' }).press('Enter');
  await tab.getByRole('button', { name: 'Remover: Suporte' }).waitFor({ state: 'detached' });
  assert.deepEqual(await titles(), ['Vendas do mês']);
  assert.deepEqual(wrong, []);
  await context.close();
});

test('a conversation is found by contact, protocol and id, and read with its file as a link', async () => {
  const { tab, context, wrong } = await open(browser, world.token);
  await visit(tab, `#/conversas?from=${dayBefore(27)}&to=${dayBefore(0)}`);
  const find = async (by, text) => {
    await tab.getByLabel('Procurar por').selectOption(by);
    await tab.getByLabel('O quê').fill(text);
    await follow(tab, tab.getByRole('button', { name: 'Procurar' }), 'conversas');
    assert(!decodeURIComponent(tab.url()).includes(text), 'what is searched for is not in the address');
  };
  await find('contact', 'joao  exemplo 3');
  assert.equal(await tab.locator('tbody tr').count(), 1, 'case, accents and spaces do not count');
  await find('session', 's-5');
  assert.equal(await tab.locator('tbody tr').count(), 1);
  await find('protocol', '202600001003');
  await follow(tab, tab.locator('tbody a'), 'conversas');
  const talks = await rows(world.token, 'talks', ['talks_message', 'media_url'],
    { dimensionsFilters: [[{ fieldName: 'session_id', operator: 'EQUALS', type: 'INCLUDE', values: ['s-3'] }]] });
  assert.equal(await tab.locator('.talk').count(), talks.length);
  await tab.getByText('Olá, pedido 3').waitFor();
  const link = tab.getByRole('link', { name: 'Abrir nota.pdf' });
  assert.equal(await link.getAttribute('href'), talks[2][1]);
  assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
  await follow(tab, tab.getByRole('link', { name: 'Todas as conversas' }), 'conversas');
  assert.equal(await tab.locator('tbody tr').count(), 1, 'the way back leads to the same search');
  assert.equal(await tab.getByLabel('De', { exact: true }).inputValue(), dayBefore(27));
  assert.deepEqual(wrong, []);
  await context.close();
});

test('whoever is no longer signed in is asked to sign in again, and lands where they were', async () => {
  const { tab, context, wrong } = await open(browser, world.token);
  await context.clearCookies();
  await tab.getByRole('link', { name: 'Painel' }).click();
  await tab.getByRole('alert').getByText('Sua sessão terminou').waitFor();
  assert.equal(await tab.getByRole('link', { name: 'Painel' }).count(), 0, 'no page is offered without a session');
  await tab.getByLabel('Token').fill(world.token);
  await tab.keyboard.press('Enter');
  await ready(tab, 'painel');
  assert.deepEqual(wrong, []);
  await context.close();
});

test('a token that is not accepted is said to be so, and leaves the address too', async () => {
  const { tab, context, wrong } = await newTab(browser);
  await tab.goto(`${url}/#token=not-a-token`);
  await tab.getByRole('alert').getByText('Código do pedido').waitFor();
  assert.equal(new URL(tab.url()).hash, '#/');
  assert.deepEqual(wrong, []);
  await context.close();
});
