// What a developer has to know before the first delivery.

import { h } from './dom.js';
import { answers, code, curl, json, prose, resolved } from './docs-endpoints.js';
import { table } from './parts.js';
import { say } from './text.js';

const outcomes = () => [
  ['accepted', say('Armazenada: é a última versão da sessão. Não aparece em results.', 'Stored: it is the session\'s latest version. It is not listed in results.')],
  ['unchanged', say('Esta mesma versão já estava guardada.', 'This very version was kept already.')],
  ['stale', say('Uma versão mais nova já estava guardada. Não é preciso fazer nada.', 'A newer version was kept already. There is nothing to do.')],
  ['ignored', say('A conta não a guarda: message diz por quê e o que fazer.', 'The account does not keep it: message says why and what to do.')],
  ['rejected', say('Não pôde ser lida: errors traz tudo o que está errado. Corrija e envie de novo.', 'It could not be read: errors has everything that is wrong. Correct it and send it again.')],
  ['retry', say('Só com 503: não foi armazenada agora. Envie de novo só estes itens.', 'With 503 alone: it was not stored now. Send these items again, and no others.')],
];

const statuses = () => [
  ['200', say('Nenhum item foi recusado.', 'No item was rejected.')],
  ['207', say('Alguns itens foram recusados; os outros estão armazenados.', 'Some items were rejected; the others are stored.')],
  ['400', say('O corpo não é JSON nem NDJSON.', 'The body is neither JSON nor NDJSON.')],
  ['401, 403', say('O token falta, não vale ou não pode isto.', 'The token is missing, not valid, or may not do this.')],
  ['413', say('O corpo é grande demais: divida-o.', 'The body is too large: split it.')],
  ['415', say('Content-Encoding não é gzip nem identity.', 'Content-Encoding is neither gzip nor identity.')],
  ['422', say('Todos os itens foram recusados, ou um parâmetro não serve.', 'All items were rejected, or a parameter does not fit.')],
  ['429, 503', say('Espere os segundos de Retry-After e envie de novo.', 'Wait the seconds of Retry-After and send it again.')],
];

const rules = () => [
  say('Envie o documento da sessão sempre que ela mudar: ao abrir, ao terminar, ao ser tabulada. A ordem e as repetições não importam: fica a última versão.',
    'Send the session\'s document whenever it changes: when it opens, finishes, is tabulated. Order and repetition do not matter: the latest version stays.'),
  say('A versão é updated_at; sem ele, o instante mais recente do documento. Entre iguais vence o documento mais adiantado: terminado, depois tabulado, depois com mais registros e campos.',
    'The version is updated_at; without it, the latest instant of the document. Of equal ones the document further on wins: finished, then tabulated, then with more records and fields.'),
  say('Um valor estranho não custa uma sessão: ele fica de fora, e warnings diz o campo e o que foi enviado. Chaves desconhecidas não são erro: unknown_keys as nomeia.',
    'One odd value costs no session: it is left out, and warnings says the field and what was sent. Unknown keys are no error: unknown_keys names them.'),
  say('Depois de um erro de rede, de 429 ou de 503, repita o mesmo envio com espera crescente; nunca há duplicatas.',
    'After a network fault, 429 or 503, repeat the same request with growing waits; nothing is ever duplicated.'),
  say('Limites: 5.000 sessões por envio, 4 MiB como enviado (gzip é aceito), 20 MiB descompactado, 3 MiB por sessão, 1 MiB por texto.',
    'Limits: 5,000 sessions a request, 4 MiB as sent (gzip is accepted), 20 MiB inflated, 3 MiB a session, 1 MiB a text.'),
  say('Mensagens vêm em português ou inglês, como pede Accept-Language.', 'Messages come in Portuguese or English, as Accept-Language says.'),
  say('Uma sessão confirmada aparece nos relatórios em segundos. A conta guarda sessões a partir do dia do seu primeiro token report.',
    'An acknowledged session shows in reports within seconds. The account keeps sessions from the day of its first report token on.'),
];

export function guide(api) {
  const list = (caption, head, rows) => table(caption, [head, say('O que quer dizer', 'What it means')],
    rows.map(([name, text]) => [h('code', {}, name), { content: text, class: 'prose' }]));
  // An account keeps sessions from one day on: those of the examples may lie before it, those of today do not.
  const today = new Date().toLocaleDateString('sv-SE');
  const first = curl(api, '/v1/sessions', 'post').replaceAll('2026-10-03', today);
  const row = curl(api, '/v1/data', 'post').replace(/2026-10-(01|31)/g, today);
  return [
    prose(say('Peça ao operador um token `ingest` da sua conta, guarde-o com `export TOKEN=…` e envie a sua primeira sessão:',
      'Ask the operator for an `ingest` token of your account, keep it with `export TOKEN=…` and send your first session:')),
    code(first, say('Copiar a primeira chamada', 'Copy the first call')),
    ...answers(api, '/v1/sessions', 'post').slice(0, 2),
    prose(say('Com `?validate=true` a resposta é a mesma e nada é armazenado.', 'With `?validate=true` the answer is the same and nothing is stored.')),
    prose(say('Depois de alguns segundos, a linha pode ser lida; agora `TOKEN` é um token `report` da mesma conta:',
      'After a few seconds the row can be read; now `TOKEN` is a `report` token of the same account:')),
    code(row, say('Copiar a chamada que mostra a linha', 'Copy the call that shows the row')),
    h('h3', {}, say('Regras', 'Rules')), h('ul', { class: 'lead' }, rules().map((rule) => h('li', {}, rule))),
    h('h3', {}, say('Resultado de cada item', 'Outcome of each item')), list(say('Resultados', 'Outcomes'), say('Resultado', 'Outcome'), outcomes()),
    h('h3', {}, say('Situação da resposta', 'Status of the answer')), list(say('Situações', 'Statuses'), 'Status', statuses()),
    prose(say('Todo erro é um `application/problem+json` (RFC 9457) com `detail`, `errors` e `request_id`: informe este ao operador.',
      'Every error is an `application/problem+json` (RFC 9457) with `detail`, `errors` and `request_id`: tell the operator the latter.')),
    code(json(resolved(api, { $ref: '#/components/schemas/Problem' }).examples[0]), say('Copiar o exemplo de um erro', 'Copy the example of an error')),
  ];
}
