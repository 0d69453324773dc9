// Integridade dos dados tells what became of everything that was sent.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admin, ask, attempt, dayBefore, expect, launch, newAccount, open, store, visit } from './stack.js';
import { sessions } from './sessions.js';

const PRICES = { currency: 'USD', per_million_requests: 2, per_gb_month_storage: 1, per_million_writes: 3, per_million_reads: 5 };

let browser;
let world;
let opened;

before(async () => {
  browser = await launch();
  world = await newAccount();
  await store(world, sessions(6));
  await expect(200, 'PUT', '/v1/settings', admin, { prices: PRICES });
  await ask('POST', `/v1/sessions?account=${world.account}`, admin, [{ session_id: 'bad-1', created_at: 'yesterday', timerOnWait: 'vinte' }]);
  opened = await open(browser, world.token);
});
after(() => browser.close());

const situation = (tab) => tab.locator('.score', { hasText: 'Situação' }).locator('dd').innerText();
const written = (day) => day.split('-').reverse().join('/');

test('each day says how many sessions came in and can be read, and what was refused has its reason', async () => {
  const { tab, wrong } = opened;
  await visit(tab, '#/saude');
  for (const day of [1, 2]) {
    const line = await tab.getByRole('row', { name: written(dayBefore(day)) }).innerText();
    assert.deepEqual(line.split('\t').map((cell) => cell.trim()).slice(1), ['Confere', '3', '3', '3']);
  }
  const refusal = tab.getByRole('group', { name: 'Recusadas' });
  await refusal.getByText('bad-1').waitFor();
  // The reason names the field itself.
  const message = 'created_at não é uma data com hora: envie aaaa-mm-dd hh:mm:ss, dd/mm/aaaa hh:mm:ss ou ISO 8601';
  await refusal.getByText(message, { exact: true }).waitFor();
  const unreadable = await tab.getByRole('group', { name: 'Valores ilegíveis' }).getByRole('row', { name: 'timerOnWait' }).innerText();
  assert(unreadable.includes('"aaaaa"') && !unreadable.includes('vinte'), unreadable);
  assert.equal(await situation(tab), 'Veja abaixo');
  assert.deepEqual(wrong, []);
});

test('all is well where nothing was refused, and the size of the data is told and reckoned with', async () => {
  const { tab } = opened;
  const sound = async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...await answer.json(), rejected: [], lake_bytes: 2500000000 } });
  };
  await tab.route('**/v1/receipts*', sound);
  await visit(tab, '#/saude');
  assert.equal(await situation(tab), 'Tudo certo');
  await tab.getByText('2,5 GB', { exact: true }).waitFor();
  assert.equal(await tab.getByLabel('GB guardados', { exact: true }).inputValue(), '2.5');
  await tab.unroute('**/v1/receipts*', sound);
});

test('a day with a gap is red and names the sessions', async () => {
  const { tab } = opened;
  const gap = async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    Object.assign(body.days.at(-1), { agrees: false, missing: ['s-lost'] });
    body.gaps = [body.days.at(-1).day];
    await route.fulfill({ response: answer, json: body });
  };
  await tab.route('**/v1/receipts*', gap);
  await visit(tab, '#/saude');
  const line = tab.getByRole('row', { name: written(dayBefore(0)) });
  const colours = await line.getByText('Lacuna').evaluate((one) => [getComputedStyle(one).color, getComputedStyle(document.body).color]);
  assert.notEqual(colours[0], colours[1]);
  await line.getByText('1 confirmadas e não guardadas').click();
  await line.getByText('s-lost').waitFor();
  await tab.unroute('**/v1/receipts*', gap);
});

test('where the key of the account cannot be opened, the page says so and asks for no row', async () => {
  const { tab } = opened;
  const told = 'O KMS não abre a chave da conta.';
  const unreadable = async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...await answer.json(), rejected: [], key_fault: told } });
  };
  // As the server answers then.
  const failing = (route) => route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{}' });
  await tab.route('**/v1/receipts*', unreadable);
  await tab.route('**/v1/data', failing);
  await attempt(tab, '#/saude');
  await tab.getByRole('alert').getByText(told, { exact: true }).waitFor();
  assert.equal(await situation(tab), 'Veja abaixo');
  await tab.unroute('**/v1/receipts*', unreadable);
  await tab.unroute('**/v1/data', failing);
});

test('the cost is the sum of what is counted times its price', async () => {
  const { tab } = opened;
  await visit(tab, '#/saude');
  for (const [name, value] of [['Pedidos', 1e6], ['Gravações', 2e6], ['Leituras', 3e6], ['GB guardados', 4]]) {
    await tab.getByLabel(name, { exact: true }).fill(String(value));
  }
  const sum = 2 + 2 * 3 + 3 * 5 + 4;
  assert.equal(await tab.locator('#cost').textContent(), sum.toLocaleString('pt-BR', { style: 'currency', currency: 'USD' }));
});
