// What holds for every delivery: the rules, which version of a session stays, and what outcomes and statuses mean.

import { inline, list, prose } from './docs-parts.js';
import { h } from './dom.js';
import { table } from './parts.js';
import { say } from './text.js';

const rules = () => [
  say('Envie o documento da sessão sempre que ela mudar: ao abrir, ao terminar, ao ser tabulada. A ordem das entregas e as repetições não importam: fica a versão que conta como a mais nova.',
    'Send the session\'s document whenever it changes: when it opens, finishes, is tabulated. The order of deliveries and repetitions do not matter: the version that counts as the newest stays.'),
  say('Para corrigir uma sessão já enviada, envie-a com um `updated_at` mais recente.',
    'To correct a session that was sent before, send it with a later `updated_at`.'),
  say('Uma sessão só é recusada se `session_id` (ou `_id`) ou `created_at` falta ou não pode ser lido, se passa de um limite ou se o seu texto está corrompido. Qualquer outro valor que não pode ser lido fica de fora, a sessão é gravada sem ele, e `warnings` diz o campo e o que foi enviado.',
    'A session is rejected only if `session_id` (or `_id`) or `created_at` is missing or cannot be read, if it passes a limit, or if its text is broken. Any other value that cannot be read is left out, the session is stored without it, and `warnings` says which field and what was sent.'),
  say('Chaves desconhecidas não recusam a sessão, mas os seus valores não chegam a nenhum relatório. `unknown_keys` as lista, no máximo 50; `unknown_key_hints` diz em que itens cada uma veio e que chave conhecida é parecida. Confira-as antes de pôr um cliente em uso.',
    'Unknown keys do not reject the session, but their values do not reach any report. `unknown_keys` lists them, at most 50; `unknown_key_hints` says which items have each and which known key is near. Look at them before you put a client into use.'),
  say('A conta guarda sessões desde `starts_on`, que `GET /v1/me` mostra. As de dias anteriores são `ignored`; só um token `admin` pode antecipar `starts_on`. As que passam do prazo de retenção da conta (cinco anos, se nada foi mudado) também são `ignored`.',
    'The account keeps sessions from `starts_on` on, which `GET /v1/me` shows. Those of earlier days are `ignored`; only an `admin` token moves `starts_on` back. Those past the account\'s retention (five years, if nothing was changed) are `ignored` too.'),
  say('Depois de um erro de rede, de 429 ou de 503, repita o mesmo envio, esperando mais a cada vez; nada é armazenado duas vezes.',
    'After a network fault, 429 or 503, repeat the same request, waiting longer each time; nothing is stored twice.'),
  say('Limites: 5.000 sessões por envio, 4 MiB como enviado (gzip é aceito), 20 MiB descompactado, 3 MiB por sessão, 1 MiB por texto, 128 caracteres em `session_id`.',
    'Limits: 5,000 sessions a request, 4 MiB as sent (gzip is accepted), 20 MiB once decompressed, 3 MiB a session, 1 MiB a text, 128 characters of `session_id`.'),
  say('As mensagens das respostas vêm em português ou inglês, como `Accept-Language` pede; sem ele, em inglês.',
    'The messages of answers are in Portuguese or English, as `Accept-Language` asks; without it, in English.'),
];

// The order of versions, as `shared/domain/src/version.rs` has it.
const order = () => [
  say('Se os dois documentos dizem o mesmo em todos os campos conhecidos, não há versão nova: o resultado é `unchanged`. `report_at`, chaves desconhecidas e valores que não puderam ser lidos não contam.',
    'If both documents say the same in all known fields, there is no new version: the outcome is `unchanged`. `report_at`, unknown keys and values that could not be read do not count.'),
  say('Fica a de `updated_at` mais recente. Um documento sem `updated_at` é tão recente quanto o último instante que há nele (`lastInteraction`, `finished_at`, mensagens, eventos, tags, …, `created_at`); instantes mais de um dia à frente do relógio do servidor e `report_at` não contam.',
    'The one with the later `updated_at` stays. A document without `updated_at` is as late as the latest instant in it (`lastInteraction`, `finished_at`, messages, events, tags, …, `created_at`); instants over a day ahead of the server\'s clock, and `report_at`, do not count.'),
  say('Se o instante é o mesmo, fica a que tem `finished_at`, se a outra não o tem.',
    'If the instant is the same, the one that has `finished_at` stays, if the other has none.'),
  say('Se nisso são iguais, fica a que tem `tabulation`, se a outra não a tem.',
    'If they are equal in that, the one that has `tabulation` stays, if the other has none.'),
  say('Se também nisso são iguais, fica a que tem mais registros (mensagens, opções, eventos, tags e plataformas do contato, somados).',
    'If they are equal in that too, the one with more records stays (messages, options, events, tags and platforms of the contact, added up).'),
  say('Se têm o mesmo número de registros, fica a que tem mais campos preenchidos, contados também os dos registros.',
    'If they have the same number of records, the one with more filled fields stays, those of the records counted too.'),
  say('Se tudo isso é igual, decide uma soma (SHA-256) do conteúdo: fica sempre a mesma das duas, em qualquer ordem que cheguem, mas não se pode prever qual. Por isso, uma correção que só troca um valor por outro precisa de um `updated_at` mais recente.',
    'If all of that is equal, a checksum (SHA-256) of the content decides: of the two always the same one stays, in whatever order they come, but which one cannot be foreseen. So a correction that only changes a value into another needs a later `updated_at`.'),
];

const outcomes = () => [
  ['accepted', say('Armazenada por este envio: é a última versão da sessão. Não aparece em `results`.', 'Stored by this request: it is the session\'s latest version. It is not listed in `results`.')],
  ['unchanged', say('Este mesmo conteúdo já estava guardado. Não é preciso fazer nada.', 'This very content was kept already. There is nothing to do.')],
  ['stale', say(
    'Não foi armazenada. `message` diz: “já há uma versão desta sessão que conta como mais nova, de 2026-10-03T17:35:05Z: para corrigir a sessão, envie-a com um updated_at depois desse instante”. Se era só uma entrega atrasada, não é preciso fazer nada.',
    'It was not stored. `message` says: “a version of this session that counts as newer is kept already, of 2026-10-03T17:35:05Z: to correct the session, send it with an updated_at after that time”. If it was only a delivery that came late, there is nothing to do.')],
  ['ignored', say('Não foi armazenada, pois a conta não a guarda: `message` diz por quê e o que fazer.', 'It was not stored, as the account does not keep it: `message` says why and what to do.')],
  ['rejected', say('Não pôde ser lida: `errors` traz tudo o que está errado. Corrija e envie de novo.', 'It could not be read: `errors` has everything that is wrong. Correct it and send it again.')],
  ['retry', say('Só com 503 ou 500: não foi armazenada agora. Envie de novo só estes itens.', 'With 503 or 500 alone: it was not stored now. Send these items again, and no others.')],
];

const statuses = () => [
  ['200', say('Todos os itens puderam ser lidos. Quantos foram armazenados está em `accepted`: pode ser nenhum.', 'All items could be read. How many were stored is in `accepted`: it may be none.')],
  ['207', say('Alguns itens não puderam ser lidos. Dos outros, `accepted` conta os que foram armazenados: pode ser nenhum, se forem `unchanged`, `stale` ou `ignored`.', 'Some items could not be read. Of the others, `accepted` counts those that were stored: it may be none, if they are `unchanged`, `stale` or `ignored`.')],
  ['400', say('O corpo não é JSON nem NDJSON.', 'The body is neither JSON nor NDJSON.')],
  ['401', say('Não veio token, ou ele não vale: foi copiado com erro, venceu ou foi revogado.', 'No token was sent, or it is not valid: mistyped, expired or revoked.')],
  ['403', say('O token vale, mas o seu escopo ou a sua conta não permite isto.', 'The token is valid, but its scope or its account does not allow this.')],
  ['413', say('O corpo é grande demais: divida-o em vários envios.', 'The body is too large: split it into several requests.')],
  ['415', say('`Content-Encoding` não é `gzip` nem `identity`.', '`Content-Encoding` is neither `gzip` nor `identity`.')],
  ['422', say('Nenhum item pôde ser lido, ou um parâmetro não é válido.', 'No item could be read, or a parameter is not valid.')],
  ['429', say('Requisições demais em pouco tempo: espere os segundos de `Retry-After` e envie de novo.', 'Too many requests in a short time: wait the seconds of `Retry-After` and send it again.')],
  ['500', say('Falha do servidor, que não é sua: informe ao operador o `request_id` da resposta.', 'A fault of the server, not yours: give the operator the `request_id` of the answer.')],
  ['503', say('O armazenamento está sobrecarregado ou fora de alcance por um momento: espere os segundos de `Retry-After` e envie de novo os itens com o resultado `retry`; se a resposta não tem `results`, envie tudo.', 'Storage is overloaded or out of reach for a moment: wait the seconds of `Retry-After` and send the items with the outcome `retry` again; if the answer has no `results`, send everything.')],
];

function meanings(caption, head, rows) {
  return table(caption, [head, say('O que quer dizer', 'What it means')],
    rows.map(([name, text]) => [h('code', {}, name), { content: inline(text), class: 'prose' }]));
}

export const ruling = () => [
  list(rules()),
  h('h3', { id: 'versoes' }, say('Qual versão fica', 'Which version stays')),
  prose(say('Quando uma sessão chega de novo, o documento que chega é comparado com o que está guardado, por estas regras, nesta ordem. O que perde é `stale`.',
    'When a session comes again, the document that comes is compared with the one that is kept, by these rules, in this order. The one that loses is `stale`.')),
  list(order(), 'ol'),
  h('h3', {}, say('Resultado de cada item', 'Outcome of each item')),
  meanings(say('Resultados', 'Outcomes'), say('Resultado', 'Outcome'), outcomes()),
  h('h3', {}, say('Status da resposta', 'Status of the answer')),
  meanings(say('Status', 'Statuses'), 'Status', statuses()),
];
