// Validates a pasted document: the answer of POST /v1/sessions?validate=true, which stores nothing.

import { Refusal } from './api.js';
import { prose } from './docs-parts.js';
import { h } from './dom.js';
import { field, form, input, note, table } from './parts.js';
import { isEnglish, say } from './text.js';

async function validate({ token, account, sessions }) {
  const url = new URL('v1/sessions', document.baseURI);
  url.searchParams.set('validate', 'true');
  if (account) url.searchParams.set('account', account);
  // Several texts, one a line, are NDJSON.
  let type = 'application/json';
  try {
    JSON.parse(sessions);
  } catch {
    if (sessions.trim().includes('\n')) type = 'application/x-ndjson';
  }
  let answer;
  try {
    answer = await fetch(url, {
      method: 'POST', body: sessions, credentials: 'omit',
      headers: { Authorization: `Bearer ${token.trim()}`, 'Content-Type': type, 'Accept-Language': isEnglish() ? 'en' : 'pt-BR' },
    });
  } catch {
    throw new Refusal(say('O servidor não respondeu, ou o token tem caracteres impossíveis.', 'The server did not answer, or the token has impossible characters.'));
  }
  const body = await answer.json();
  if (body.received === undefined) throw new Refusal(body.detail ?? String(answer.status), answer.status, { ...body, detail: null });
  return body;
}

function faults({ results, warnings, unknown_keys: unknown, unknown_key_hints: hints = [] }) {
  const rejected = results.flatMap((one) => (one.errors ?? [one]).map((fault) => [one.index, one.session_id, one.outcome, fault.message ?? '']));
  const warned = warnings.map((one) => [one.index, one.session_id, say('aviso', 'warning'), one.message]);
  // One line a key, with the first items that have it.
  const unread = hints.map(({ indexes, items, session_id: id, message }) => [
    `${indexes.join(', ')}${items > indexes.length ? '…' : ''}`, items > 1 ? null : id, say('chave desconhecida', 'unknown key'), message,
  ]);
  const heads = ['#', say('Sessão', 'Session'), say('Resultado', 'Outcome'), say('Mensagem', 'Message')];
  const rows = [...rejected, ...warned, ...unread].map(([index, id, outcome, message]) => [
    String(index), h('bdi', {}, id ?? '—'), outcome, { content: message, class: 'prose' },
  ]);
  return [
    unknown.length > 0 && note(say('Chaves desconhecidas, cujos valores não chegam a nenhum relatório: ', 'Unknown keys, whose values do not reach any report: '), h('code', {}, unknown.join(', '))),
    (rows.length > 0 || unknown.length === 0) && table(say('Mensagens', 'Messages'), heads, rows, { none: say('Nenhuma mensagem: tudo foi lido.', 'No messages: everything was read.') }),
  ];
}

export function tester() {
  const answered = h('div', { role: 'status' });
  const token = input('token', { type: 'password', required: true, spellcheck: 'false' });
  const sessions = h('textarea', { name: 'sessions', rows: 10, required: true, spellcheck: 'false' });
  const made = form([
    field('Token', token, say('De escopo ingest. Fica só nesta página, até ela ser fechada.', 'Of scope ingest. It stays on this page alone, until it is closed.')),
    field(say('Conta', 'Account'), input('account'), say('Só com um token admin.', 'With an admin token only.')),
    field(say('Documento', 'Document'), sessions, say('Uma sessão, uma lista ou uma por linha.', 'One session, a list, or one a line.')),
  ], say('Validar', 'Validate'), async (values) => {
    answered.replaceChildren();
    const body = await validate(values);
    const counts = ['received', 'accepted', 'unchanged', 'stale', 'ignored', 'rejected', 'warned'].map((name) => `${name} ${body[name]}`);
    answered.replaceChildren(h('p', {}, h('strong', {}, counts.join(' · '))), ...faults(body).filter(Boolean));
  });
  return [prose(say('A resposta é a de um envio de verdade (com `?validate=true`), e nada é armazenado.', 'The answer is that of a real request (with `?validate=true`), and nothing is stored.')), made, answered];
}
