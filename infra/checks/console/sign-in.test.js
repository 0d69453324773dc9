// Whose session the page works in: another tab, another's token, a session that ends or is not kept.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { expect, launch, newAccount, newTab, open, ready, store, url, visit } from './stack.js';
import { sessions } from './sessions.js';

let browser;
let own;
let other;

before(async () => {
  browser = await launch();
  [own, other] = [await newAccount(), await newAccount()];
  await store(own, sessions(3));
});
after(() => browser.close());

const shown = (tab) => tab.locator('header .account').textContent();
const labels = async ({ token }) => (await expect(200, 'GET', '/v1/tokens', token)).tokens.map((one) => one.label);

test('a page acts on no other account than the one it shows, whoever signs in elsewhere', async () => {
  const { tab, context, wrong } = await open(browser, own.token);
  // Another tab of the same browser signs in to the other account.
  await tab.evaluate((token) => fetch('v1/console/session', {
    method: 'POST', headers: { Authorization: `Bearer ${token}`, 'X-Premium-Console': '1' },
  }), other.token);
  await tab.getByLabel('Nome', { exact: true }).fill('Trocado');
  await tab.getByRole('button', { name: 'Criar token' }).click();
  const alert = tab.getByRole('alert');
  await alert.getByText('mudou para outra conta').waitFor();
  assert(!(await labels(other)).includes('Trocado'), 'nothing is made in the other account');
  await alert.getByRole('button', { name: 'Recarregar' }).click();
  await tab.getByText(other.account).waitFor();
  assert.equal(await shown(tab), other.account);
  assert.deepEqual(wrong, []);
  await context.close();
});

test('a link with a token of another account asks before it moves the person there', async () => {
  const { tab, context, wrong } = await open(browser, own.token);
  const handOver = () => tab.evaluate((token) => { location.hash = `#token=${token}`; }, other.token);
  const question = tab.getByRole('dialog').getByText(`Você está na conta ${own.account}. Entrar na conta ${other.account}?`);
  await handOver();
  await question.waitFor();
  await tab.keyboard.press('Enter');
  await question.waitFor({ state: 'detached' });
  await visit(tab, '#/saude');
  assert.equal(await shown(tab), own.account, 'the answer that is at hand changes nothing');
  await handOver();
  await tab.getByRole('dialog').getByRole('button', { name: 'Entrar' }).click();
  await tab.locator('header').getByText(other.account).waitFor();
  assert.deepEqual(wrong, []);
  await context.close();
});

test('an action after the session has ended says so in words that help', async () => {
  const { tab, context, wrong } = await open(browser, own.token);
  await context.clearCookies();
  await tab.getByRole('button', { name: 'Criar token' }).click();
  const alert = tab.getByRole('alert');
  await alert.getByText('Sua sessão terminou: abra o console de novo pela plataforma, ou entre com um token').waitFor();
  assert.doesNotMatch(await alert.innerText(), /header|token is/i);
  assert.deepEqual(wrong, []);
  await context.close();
});

test('a browser that keeps no cookie is told what to do', async () => {
  const { tab, context, wrong } = await newTab(browser);
  await tab.route('**/v1/console/session', (route) => route.fulfill({ status: 204 }));
  await tab.goto(`${url}/#token=${own.token}`);
  await tab.getByRole('alert').getByText('os cookies estão bloqueados').waitFor();
  assert.deepEqual(wrong, []);
  await context.close();
});

for (const token of ['%E0%A4%A', '%E6%BC%A2']) {
  test(`a text that cannot be a token is refused as one: ${token}`, async () => {
    const { tab, context, wrong } = await newTab(browser);
    await tab.goto(`${url}/#token=${token}`);
    await tab.getByRole('alert').getByText('Este token não vale').waitFor();
    assert.deepEqual(wrong, []);
    await context.close();
  });
}

test('the keyboard stands at the title of the page that was opened', async () => {
  const { tab, context } = await open(browser, own.token);
  await tab.getByRole('link', { name: 'Integridade dos dados' }).click();
  await ready(tab, 'saude');
  assert.equal(await tab.evaluate(() => document.activeElement.textContent), 'Integridade dos dados');
  await context.close();
});
