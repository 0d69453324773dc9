// The account's report tokens, each of which can be revoked.

import { call, serverNow } from './api.js';
import { h } from './dom.js';
import { button, confirmed, table } from './parts.js';
import { NONE, day, instant, say } from './text.js';

const nameOf = (token) => token.label || token.id.slice(0, 8);

const privacy = (id) => ({
  full: say('tudo', 'everything'), masked: say('mascarado', 'masked'), anonymous: say('anônimo', 'anonymous'),
})[id] ?? id;

function state(token, revoke) {
  if (token.revoked_at) return say(`revogado em ${instant(token.revoked_at)}`, `revoked on ${instant(token.revoked_at)}`);
  if (Date.parse(token.expires_at) < serverNow()) return say('vencido', 'expired');
  return button(say('Revogar', 'Revoke'), () => revoke(token),
    { kind: 'danger small', name: `${say('Revogar', 'Revoke')} ${nameOf(token)}` });
}

// The report tokens as the API lists them, newest first.
export async function reportTokens() {
  const tokens = [];
  let cursor = '';
  do {
    const page = await call('GET', `v1/tokens${cursor && `?cursor=${cursor}`}`);
    tokens.push(...page.tokens);
    cursor = page.nextCursor;
  } while (cursor);
  return tokens.filter((token) => token.scope === 'report').sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
}

// A table of them that can be asked to refresh itself.
export async function tokenTable() {
  const element = h('div');
  const list = { element, refresh };
  async function revoke(token) {
    const name = nameOf(token);
    const question = say(`Revogar “${name}”? Os relatórios que o usam param.`, `Revoke “${name}”? Reports that use it stop.`);
    if (!await confirmed(question, say('Revogar', 'Revoke'))) return;
    await call('DELETE', `v1/tokens/${encodeURIComponent(token.id)}`);
    await refresh();
  }
  async function refresh() {
    const tokens = await reportTokens();
    element.replaceChildren(table(say('Tokens de relatório', 'Report tokens'),
      [say('Nome', 'Name'), say('Mostra', 'Shows'), say('Criado', 'Created'), say('Válido até', 'Valid until'),
        say('Último uso', 'Last used'), say('Situação', 'State')],
      tokens.map((token) => [
        h('bdi', {}, nameOf(token)), privacy(token.privacy), instant(token.created_at), day(token.expires_at),
        token.last_used_on ? day(token.last_used_on) : NONE, state(token, revoke),
      ]),
      { none: say('Nenhum token ainda.', 'No token yet.') }));
  }
  await refresh();
  return list;
}
