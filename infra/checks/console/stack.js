// What the tests stand on: a running stack (PREMIUM_STACK_URL, PREMIUM_ADMIN_TOKEN), accounts of their own in it, and a
// browser that notices what must not happen on a page.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

export const { PREMIUM_STACK_URL: url, PREMIUM_ADMIN_TOKEN: admin } = process.env;
assert(url && admin, 'PREMIUM_STACK_URL and PREMIUM_ADMIN_TOKEN say which stack to test');

const DAY = 86400000;
const READABLE_WITHIN = 20000;
// A page takes the server's clock from the whole seconds of a header, so what it shows may be a little behind.
const PAGE_BEHIND = 3000;

export const dayBefore = (count) => new Date(Date.now() - count * DAY).toLocaleDateString('sv-SE', { timeZone: 'America/Sao_Paulo' });

// --- The stack -------------------------------------------------------------------------------------------------

export async function ask(method, path, token, body) {
  const answer = await fetch(new URL(path, url), {
    method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, body: text && JSON.parse(text) };
}

export async function expect(status, ...request) {
  const answer = await ask(...request);
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  return answer.body;
}

// A new account that keeps the last 40 days, with a token of its console.
export async function newAccount() {
  const account = `browser-${randomBytes(6).toString('hex')}`;
  const issue = (scope) => expect(201, 'POST', '/v1/tokens', admin, { account, scope });
  const report = await issue('report');
  await expect(200, 'PATCH', '/v1/account', admin, { account, starts_on: dayBefore(40) });
  const { token } = await issue('console');
  return { account, token, report: report.token };
}

// Rows of a report type as the API gives them.
export async function rows(token, reportType, fields, more = {}) {
  const request = { configParams: { report_type: reportType }, fields: fields.map((name) => ({ name })), ...more };
  return (await expect(200, 'POST', '/v1/data', token, request)).rows.map(({ values }) => values);
}

// Stores sessions and waits until they can be read, by a page too.
export async function store({ account, token }, sessions) {
  const stored = await expect(200, 'POST', `/v1/sessions?account=${account}`, admin, sessions);
  assert.equal(stored.accepted, sessions.length, JSON.stringify(stored));
  const deadline = Date.now() + READABLE_WITHIN;
  const shown = () => rows(token, 'sessions', ['session_id'], { scriptParams: { lastRefresh: String(Date.now() - PAGE_BEHIND) } });
  while ((await shown()).length < sessions.length) {
    assert(Date.now() < deadline, 'the sessions are not readable in time');
    await sleep(500);
  }
}

// --- The browser -----------------------------------------------------------------------------------------------

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });

// A tab of its own, with a list of everything on it that must not happen.
export async function newTab(browser, { width = 1280, height = 900, colorScheme = 'light' } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, locale: 'pt-BR' });
  const tab = await context.newPage();
  const wrong = [];
  tab.on('pageerror', (error) => wrong.push(String(error)));
  tab.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  tab.on('console', (message) => {
    if (/Content.Security.Policy|violates/i.test(message.text())) wrong.push(message.text());
  });
  // No test reaches beyond the stack.
  await context.route((address) => address.origin !== new URL(url).origin, (route) => route.abort());
  return { context, tab, wrong };
}

export const ready = (tab, page) => tab.waitForSelector(`[data-ready=${page}]`, { timeout: 20000 });

// Opens the console as the platform does.
export async function open(browser, token, options) {
  const opened = await newTab(browser, options);
  await opened.tab.goto(`${url}/#token=${token}`);
  await ready(opened.tab, 'conector');
  return opened;
}

// Goes to a page by its address and waits until it is complete, without a failure on it. The mark of the last page goes
// first, as it may be the same.
export async function visit(tab, address) {
  await attempt(tab, address);
  assert.deepEqual(await tab.locator('.failure').allTextContents(), [], address);
}

// The same to an address that may be refused.
export async function attempt(tab, address) {
  await tab.evaluate(() => document.querySelector('[data-ready]')?.removeAttribute('data-ready'));
  await tab.evaluate((hash) => {
    if (location.hash === hash) dispatchEvent(new HashChangeEvent('hashchange'));
    else location.hash = hash;
  }, address);
  await ready(tab, address.replace(/^#\//, '').split('?')[0]);
}

export const follow = async (tab, locator, page) => {
  await tab.evaluate(() => document.querySelector('[data-ready]')?.removeAttribute('data-ready'));
  await locator.click();
  await ready(tab, page);
};

// What is not accessible on the page as it stands.
export async function violations(tab) {
  await tab.evaluate(axe.source);
  // The framed report is another site's page.
  const result = await tab.evaluate(() => globalThis.axe.run({ exclude: [['iframe']] }));
  const shown = (node) => `${node.html.slice(0, 160)} ${node.failureSummary}`;
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(shown).join(' | ')}`);
}
