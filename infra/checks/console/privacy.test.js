// Privacidade finds a person, hands out all that is kept of it, erases it when that is confirmed, and keeps the receipt.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { admin, dayBefore, expect, launch, newAccount, newTab, open, ready, store, url, violations, visit } from './stack.js';
import { HOSTILE, hostile, session } from './sessions.js';

const NAME = 'Maria  de Souza';
const PHONE = '5511900001234';
// An erasure waits for what is on its way to the lake, and for readers.
const DONE_WITHIN = 120000;

let browser;
let world;
let opened;

const of = (index, more) => ({ ...session(index), contact_id: 'maria-1', contact_name: NAME, platform_id: PHONE, ...more });

before(async () => {
  browser = await launch();
  world = await newAccount();
  const nameless = { ...session(6), session_id: 'nameless', contact_id: 'nobody-77', contact_name: null };
  await store(world, [of(0), of(3), of(9), session(4), nameless, hostile]);
  opened = await open(browser, world.token);
  await opened.context.grantPermissions(['clipboard-read', 'clipboard-write']);
});
after(() => browser.close());

async function find(tab, text, label = 'Nome, telefone, e-mail ou ID do contato') {
  await tab.getByLabel(label).fill(text);
  await tab.keyboard.press('Enter');
}

const card = (tab, name) => tab.locator('.people > li', { has: tab.getByRole('heading', { name }) });

// What a click downloads: its name and its text.
async function downloaded(tab, locator) {
  const [download] = await Promise.all([tab.waitForEvent('download'), locator.click()]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

test('a person is found by name, phone and id, with what is known of it, and the address does not tell', async () => {
  const { tab, wrong } = opened;
  await visit(tab, '#/privacidade');
  for (const text of ['souza', '(11) 90000-1234', 'maria-1']) {
    await find(tab, text);
    await tab.getByRole('status').getByText('1 titular encontrado.').waitFor();
    const told = await card(tab, 'Maria de Souza').innerText();
    for (const part of [PHONE, 'maria-1', 'Sessões\n3', 'Mensagens com arquivo\n3', `Primeira\n${dayBefore(4).split('-').reverse().join('/')}`]) {
      assert(told.includes(part), `${part} in ${told}`);
    }
  }
  assert.equal(tab.url(), `${url}/#/privacidade`);
  assert.deepEqual(await violations(tab), []);
  await find(tab, 'exemplo');
  await tab.getByRole('status').getByText('1 titular encontrado.').waitFor();
  await card(tab, 'João Exemplo 4').waitFor();
  assert.deepEqual(wrong, []);
});

test('whoever finds nobody reads what was searched for and what to try', async () => {
  const { tab } = opened;
  await visit(tab, '#/privacidade');
  await find(tab, 'Fulano <b>de</b> Tal');
  await tab.getByText('Nenhum titular encontrado para “Fulano <b>de</b> Tal”.').waitFor();
  await tab.getByText('Tente outra parte do nome').waitFor();
});

test('more people than are shown are told of, and a refusal says why', async () => {
  const { tab } = opened;
  await visit(tab, '#/privacidade');
  const many = async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...await answer.json(), more: true } });
  };
  await tab.route('**/v1/people?*', many);
  await find(tab, 'souza');
  await tab.getByText('Há mais além destes: escreva mais do nome.').waitFor();
  await tab.unroute('**/v1/people?*', many);
  await find(tab, 'a ');
  await tab.getByRole('alert').getByText('deve ter ao menos 2 caracteres').waitFor();
});

test('everything of a person is one file, whatever the pages, and a page that must wait is asked for again', async () => {
  const { tab } = opened;
  await visit(tab, '#/privacidade');
  let pages = 0;
  const short = (route) => {
    pages += 1;
    if (pages === 2) return route.fulfill({ status: 429, headers: { 'Retry-After': '1' }, json: {} });
    const address = new URL(route.request().url());
    address.searchParams.set('limit', '1');
    return route.continue({ url: String(address) });
  };
  await tab.route('**/v1/people/*/export*', short);
  await find(tab, 'souza');
  const { name, text } = await downloaded(tab, tab.getByRole('button', { name: 'Exportar tudo: Maria' }));
  assert.match(name, /^titular-[0-9a-f]{8}\.ndjson$/);
  const documents = text.trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(documents.map((one) => one.session_id).sort(), ['s-0', 's-3', 's-9']);
  assert(documents.every((one) => one.talks[2].media_url.includes('/m/')), text);
  assert.equal(pages, 4);
  await tab.getByText(`Exportado em ${name}: 3 sessões.`).waitFor();
  await tab.unroute('**/v1/people/*/export*', short);
});

test('an erasure asks for the name, and nothing goes without it', async () => {
  const { tab } = opened;
  await visit(tab, '#/privacidade');
  let orders = 0;
  tab.on('request', (request) => { orders += request.method() === 'DELETE'; });
  await find(tab, 'souza');
  const erase = tab.getByRole('button', { name: 'Apagar…: Maria' });
  await erase.click();
  const dialog = tab.getByRole('dialog', { name: 'Apagar os dados de Maria de Souza?' });
  for (const told of ['De 3 sessões', 'continuam nas contagens', '35 dias', 'cache do próprio Data Studio', 'já foram exportados']) {
    await dialog.getByText(told).first().waitFor();
  }
  assert.deepEqual(await violations(tab), []);
  for (const wrong of ['', 'Maria', 'APAGAR']) {
    await dialog.getByLabel('Para confirmar').fill(wrong);
    await tab.keyboard.press('Enter');
    await dialog.getByRole('alert').getByText('Nada foi apagado').waitFor();
  }
  await dialog.getByLabel('Para confirmar').fill('Maria de Souza');
  await dialog.getByRole('button', { name: 'Cancelar' }).click();
  await dialog.waitFor({ state: 'detached' });
  await erase.click();
  await tab.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await erase.evaluate((one) => one === document.activeElement), true, 'the keyboard is where it was');
  assert.equal(orders, 0);
});

test('an erasure that is refused says why, and can be asked for again', async () => {
  const { tab } = opened;
  await visit(tab, '#/privacidade');
  const refuse = (route) => (route.request().method() === 'DELETE'
    ? route.fulfill({ status: 503, json: { detail: 'O servidor está ocupado.' } }) : route.fallback());
  await tab.route('**/v1/people/*', refuse);
  await find(tab, 'souza');
  const erase = tab.getByRole('button', { name: 'Apagar…: Maria' });
  await erase.click();
  await tab.getByLabel('Para confirmar').fill('Maria de Souza');
  await tab.keyboard.press('Enter');
  await card(tab, 'Maria de Souza').getByRole('alert').getByText('O servidor está ocupado.').waitFor();
  assert.equal(await erase.isVisible(), true);
  await tab.unroute('**/v1/people/*', refuse);
});

test('who has no name is confirmed by a word, in either language', async () => {
  const { tab } = opened;
  for (const [query, label, name, question, word] of [
    ['', 'Nome, telefone, e-mail ou ID do contato', 'Apagar…: ', 'Para confirmar', 'APAGAR'],
    ['?lang=en', 'Name, phone, e-mail or contact’s id', 'Erase…: ', 'To confirm', 'ERASE'],
  ]) {
    await visit(tab, `#/privacidade${query}`);
    await find(tab, 'nobody-77', label);
    await tab.getByRole('button', { name }).click();
    await tab.getByLabel(`${question}, ${query ? 'type' : 'escreva'}: ${word}`).waitFor();
    await tab.keyboard.press('Escape');
  }
});

test('a name that is markup stays the text it is', async () => {
  const { tab, wrong } = opened;
  await visit(tab, '#/privacidade');
  await find(tab, 'img src=x');
  await tab.getByRole('heading', { name: HOSTILE, exact: true }).waitFor();
  await tab.getByRole('button', { name: 'Apagar…' }).click();
  const dialog = tab.getByRole('dialog');
  assert.equal(await dialog.getByRole('heading', { level: 2 }).textContent(), `Apagar os dados de ${HOSTILE}?`);
  assert.equal(await tab.locator('main img, main script, dialog img, dialog script').count(), 0);
  assert.equal(await tab.evaluate(() => window.hacked), undefined);
  await tab.keyboard.press('Escape');
  assert.deepEqual(wrong, []);
});

test('who is erased has a receipt that says when it was done, to copy and to keep', { timeout: 2 * DONE_WITHIN }, async () => {
  const { tab, wrong } = opened;
  await visit(tab, '#/privacidade');
  await tab.getByText('Ninguém foi apagado ainda.').waitFor();
  await find(tab, 'souza');
  await tab.getByRole('button', { name: 'Apagar…: Maria' }).click();
  await tab.getByLabel('Para confirmar').fill(' maria DE souza ');
  await tab.keyboard.press('Enter');
  const person = card(tab, 'Maria de Souza');
  await person.getByRole('heading', { name: 'Comprovante' }).waitFor();
  await tab.locator('details', { hasText: 'Em andamento' }).waitFor();
  await person.getByRole('status').getByText('Concluído: 3 sessões esvaziadas, 3 arquivos apagados.').waitFor({ timeout: DONE_WITHIN });
  const [receipt] = (await expect(200, 'GET', '/v1/erasures', world.token)).erasures;
  const shown = await person.locator('pre').textContent();
  for (const part of [receipt.receipt_id, receipt.person, receipt.by, 'Sessões esvaziadas: 3', 'Arquivos apagados: 3', `Segmentos reescritos: ${receipt.segments_rewritten}`]) {
    assert(shown.includes(part), `${part} in ${shown}`);
  }
  assert(!/maria/i.test(shown) && !shown.includes('em andamento'), shown);
  assert.deepEqual(await violations(tab), []);
  await person.getByRole('button', { name: 'Copiar o comprovante' }).click();
  await person.getByText('Copiado').waitFor();
  assert.equal(await tab.evaluate(() => navigator.clipboard.readText()), shown);
  const text = await downloaded(tab, person.getByRole('button', { name: 'Baixar como texto' }));
  assert.deepEqual(text, { name: `comprovante-${receipt.receipt_id}.txt`, text: `${shown}\n` });
  const json = await downloaded(tab, person.getByRole('button', { name: 'Baixar como JSON' }));
  assert.deepEqual(JSON.parse(json.text), { account: world.account, ...receipt });
  // The list has it, and nobody finds the person any more.
  await tab.locator('details', { hasText: 'Concluído' }).locator('summary').click();
  await tab.locator('details pre').getByText(receipt.receipt_id).waitFor();
  await find(tab, 'souza');
  await tab.getByText('Nenhum titular encontrado').waitFor();
  assert.deepEqual(wrong, []);
});

test('the list of erasures goes on page by page, each with its state', async () => {
  const { tab } = opened;
  const one = (id, end) => ({
    receipt_id: id.repeat(32), person: 'a'.repeat(32), requested_at: '2026-10-03T14:05:22Z', by: 'x', done_at: end,
    sessions: 2, files: 0, segments_rewritten: 1,
  });
  const paged = (route) => {
    const last = new URL(route.request().url()).searchParams.get('cursor') === 'next';
    const body = last ? { erasures: [one('2', '2026-10-03T14:06:22Z')], nextCursor: null } : { erasures: [one('1', null)], nextCursor: 'next' };
    return route.fulfill({ json: body });
  };
  await tab.route('**/v1/erasures?*', paged);
  await visit(tab, '#/privacidade');
  const states = () => tab.locator('summary').allInnerTexts();
  assert.deepEqual(await states(), ['03/10/2026, 11:05 · Em andamento · 2 sessões']);
  await tab.getByRole('button', { name: 'Mostrar mais' }).first().click();
  await tab.getByText('Concluído', { exact: true }).waitFor();
  assert.deepEqual((await states()).map((text) => text.split(' · ')[1]), ['Em andamento', 'Concluído']);
  await tab.unroute('**/v1/erasures?*', paged);
});

test('the audit log says in words what was done, how often, and in which period', async () => {
  const { tab } = opened;
  const log = (name) => tab.getByRole('group', { name });
  await visit(tab, '#/privacidade');
  const line = await log('Registro de auditoria').getByRole('row', { name: /Busca de titulares/ }).first().innerText();
  const searches = (await expect(200, 'GET', '/v1/audit', world.token)).entries.find((entry) => entry.action === 'people_searched');
  assert(searches.count > 5 && line.endsWith(`\t${searches.count}`), line);
  for (const name of ['Token emitido', 'Entrada no console', 'Pedido para apagar um titular', 'Dados de um titular exportados']) {
    await log('Registro de auditoria').getByText(name).first().waitFor();
  }
  await tab.getByLabel('De', { exact: true }).fill(dayBefore(35));
  await tab.getByLabel('Até', { exact: true }).fill(dayBefore(30));
  await tab.getByRole('button', { name: 'Mostrar', exact: true }).click();
  await tab.getByText('Nada neste período.').waitFor();
  await visit(tab, '#/privacidade?lang=en');
  for (const name of ['Token issued', 'Signed in to the console', 'Erasure of a person ordered', 'People searched for']) {
    await log('Audit log').getByText(name).first().waitFor();
  }
});

test('the audit log goes on past an empty page, and shows an action without a name as it is', async () => {
  const { tab, wrong } = opened;
  const entry = (action) => ({ at: '2026-10-03T14:05:22Z', action, by: 'link', about: HOSTILE, count: 1234 });
  const pages = {
    '': { entries: [], nextCursor: '1' }, 1: { entries: [entry('file_opened')], nextCursor: '2' },
    2: { entries: [entry('constructor'), entry(HOSTILE)], nextCursor: null },
  };
  const paged = (route) => route.fulfill({ json: pages[new URL(route.request().url()).searchParams.get('cursor') ?? ''] });
  await tab.route('**/v1/audit?*', paged);
  await visit(tab, '#/privacidade');
  await tab.getByText('Mostrados: 1. Há mais antigos.').waitFor();
  await tab.getByRole('button', { name: 'Mostrar mais' }).last().click();
  await tab.getByText('3 registros.').waitFor();
  const lines = await tab.getByRole('group', { name: 'Registro de auditoria' }).locator('tbody tr').allInnerTexts();
  assert.deepEqual(lines.map((line) => line.split('\t').slice(1)), [
    ['Arquivo aberto por um link', HOSTILE, 'quem tinha o link', '1.234'], ['constructor', HOSTILE, 'quem tinha o link', '1.234'],
    [HOSTILE, HOSTILE, 'quem tinha o link', '1.234'],
  ]);
  assert.equal(await tab.evaluate(() => window.hacked), undefined);
  await tab.unroute('**/v1/audit?*', paged);
  assert.deepEqual(wrong, []);
});

test('the retention of the account is told', async () => {
  const { tab } = opened;
  await expect(200, 'PATCH', `/v1/account?account=${world.account}`, admin, { retention_days: 400 });
  await visit(tab, '#/privacidade');
  await tab.getByText('400 dias', { exact: true }).waitFor();
  await tab.getByText(dayBefore(40).split('-').reverse().join('/'), { exact: true }).waitFor();
});

test('an operator finds people of the account that was chosen', async () => {
  const operator = await newTab(browser);
  await operator.tab.goto(url);
  for (const [label, value] of [['Token', admin], ['Conta', world.account]]) {
    await operator.tab.getByLabel(label).fill(value);
    await operator.tab.keyboard.press('Enter');
  }
  await ready(operator.tab, 'conector');
  await visit(operator.tab, `#/privacidade?account=${world.account}`);
  await find(operator.tab, 'nobody-77');
  await operator.tab.getByText('1 titular encontrado.').waitFor();
  const { text } = await downloaded(operator.tab, operator.tab.getByRole('button', { name: /^Exportar tudo/ }));
  assert.equal(JSON.parse(text).session_id, 'nameless');
  await operator.context.close();
});
