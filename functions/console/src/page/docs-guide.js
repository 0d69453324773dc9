// The first steps of a developer: from a token to a row that is read back.

import { curl } from './docs-calls.js';
import { answerOf, code, json, list, prose } from './docs-parts.js';
import { h } from './dom.js';
import { say } from './text.js';

const step = (number, title) => h('h3', {}, `${number}. ${title}`);
const called = (call, name) => code(call, `${say('Copiar a chamada', 'Copy the call')}: ${name}`);
const answered = (answer, name) => code(json(answer), `${say('Copiar a resposta', 'Copy the answer')}: ${name}`);

const tokens = () => [
  step(1, say('Peça dois tokens', 'Ask for two tokens')),
  list([
    say('`TOKEN_INGEST` é um token de escopo `ingest`: envia sessões e arquivos da sua conta. Peça-o ao operador deste servidor.',
      '`TOKEN_INGEST` is a token of scope `ingest`: it sends sessions and files of your account. Ask the operator of this server for it.'),
    say('`TOKEN_REPORT` é um token de escopo `report`: lê o que foi enviado. Peça-o ao operador, ou a quem usa o console da conta, que o cria na página “Conector”.',
      '`TOKEN_REPORT` is a token of scope `report`: it reads what was sent. Ask the operator for it, or whoever uses the console of the account, who creates it on the page “Connector”.'),
  ]),
  code("export TOKEN_INGEST='…'\nexport TOKEN_REPORT='…'", say('Copiar as variáveis', 'Copy the variables')),
];

const firstDay = (api) => [
  step(2, say('Veja desde que dia a conta guarda sessões', 'See from which day on the account keeps sessions')),
  prose(say(
    'A conta guarda sessões desde `starts_on`: o dia local em que o seu primeiro token `report` foi emitido. Uma sessão de um dia anterior (o de `lastInteraction`, senão o de `created_at`) é `ignored`; enquanto `starts_on` é `null`, todas são. Só um token `admin` pode antecipar `starts_on`: se você precisa enviar sessões mais antigas, peça isso ao operador e depois as envie de novo.',
    'The account keeps sessions from `starts_on` on: the local day on which its first `report` token was issued. A session of an earlier day (that of `lastInteraction`, else that of `created_at`) is `ignored`; while `starts_on` is `null`, all are. Only an `admin` token moves `starts_on` back: if you have to send older sessions, ask the operator for that, and then send them again.')),
  called(curl(api, '/v1/me', 'get', { token: 'TOKEN_INGEST' }), 'GET /v1/me'),
  answered({ ...answerOf(api, '/v1/me', 'get', '200'), scope: 'ingest', privacy: 'full' }, 'GET /v1/me'),
];

const sending = (api) => [
  step(3, say('Envie uma sessão', 'Send a session')),
  called(curl(api, '/v1/sessions', 'post'), 'POST /v1/sessions'),
  answered(answerOf(api, '/v1/sessions', 'post', '200'), 'POST /v1/sessions'),
  prose(say(
    'Com `?validate=true` no endereço, a resposta é a mesma e nada é armazenado. Horários sem deslocamento, como estes, são do fuso da conta, que é America/Sao_Paulo se o operador não escolheu outro. Os campos estão em [Campos de uma sessão](#campos).',
    'With `?validate=true` in the address the answer is the same, and nothing is stored. Times without an offset, like these, are in the account\'s zone, which is America/Sao_Paulo unless the operator chose another. The fields are listed in [Fields of a session](#campos).')),
];

const reading = (api) => [
  step(4, say('Leia a resposta inteira', 'Read the whole answer')),
  prose(say(
    'O status diz só se os itens puderam ser lidos: `200` e `207` também vêm com `"accepted": 0`. O que este envio armazenou é `accepted`; o que já estava guardado, igual, é `unchanged`. O que houve com cada um dos outros está em `results`, e um cliente precisa ler `results`. Este `207` responde a cinco sessões:',
    'The status says only whether the items could be read: `200` and `207` come with `"accepted": 0` too. What this request stored is `accepted`; what was kept already, just the same, is `unchanged`. What became of each of the others is in `results`, and a client has to read `results`. This `207` answers five sessions:')),
  answered(answerOf(api, '/v1/sessions', 'post', '207'), '207'),
  list([
    say('A primeira (`index` 0) foi armazenada, sem um valor que não pôde ser lido (`warnings`) e sem uma chave desconhecida (`unknown_keys`).',
      'The first (`index` 0) was stored, without a value that could not be read (`warnings`) and without an unknown key (`unknown_keys`).'),
    say('A segunda não pôde ser lida, a terceira já estava guardada, da quarta há uma versão que conta como mais nova, e a quinta é de antes de `starts_on`.',
      'The second could not be read, the third was kept already, of the fourth there is a version that counts as newer, and the fifth is of a day before `starts_on`.'),
    say('O valor de uma chave desconhecida não chega a nenhum relatório. Quase sempre ela é um nome escrito errado: `unknown_key_hints` diz em que itens cada uma veio e, se há uma chave conhecida parecida, qual.',
      'The value of an unknown key does not reach any report. Nearly always it is a name written wrongly: `unknown_key_hints` says which items have each and, if a known key is near, which.'),
  ]),
  prose(say(
    'Se nenhum item pôde ser lido, a resposta é um `422`: um erro (`application/problem+json`, RFC 9457) com os mesmos membros. Ao pedir ajuda ao operador, informe o `request_id`.',
    'If no item could be read, the answer is a `422`: an error (`application/problem+json`, RFC 9457) with the same members. When you ask the operator for help, give the `request_id`.')),
  answered(answerOf(api, '/v1/sessions', 'post', '422'), '422'),
];

// The session of the first call with the name of its agent corrected, a minute later.
function correction(api) {
  const [session] = api.paths['/v1/sessions'].post.requestBody.content['application/json'].example;
  const later = new Date(Date.parse(`${session.updated_at.replace(' ', 'T')}Z`) + 60000).toISOString().slice(0, 19).replace('T', ' ');
  return [{ ...session, updated_at: later, agent: { ...session.agent, name: 'Ana Lima' } }];
}

const correcting = (api) => [
  step(5, say('Corrija uma sessão já enviada', 'Correct a session that was sent before')),
  prose(say(
    'Para corrigir uma sessão já enviada, envie o documento inteiro de novo, com um `updated_at` mais recente que o anterior: o momento da correção serve. O documento novo substitui o anterior por inteiro. Sem um `updated_at` mais recente, a correção pode ser `stale` e não ser armazenada: [Qual versão fica](#versoes) diz por quê.',
    'To correct a session that was sent before, send the whole document again, with a later `updated_at` than before: the time of the correction will do. The new document replaces the one before as a whole. Without a later `updated_at` the correction may be `stale`, and not be stored: [Which version stays](#versoes) says why.')),
  called(curl(api, '/v1/sessions', 'post', { body: correction(api) }), say('a correção', 'the correction')),
];

function readingRows(api) {
  const data = answerOf(api, '/v1/data', 'post', '200');
  const rows = data.rows.map(({ values }) => ({ values: values.map((value) => (value === 'Ana' ? 'Ana Lima' : value)) }));
  const at = data.rows[0].values[1];
  return [
    step(6, say('Leia a linha', 'Read the row')),
    called(curl(api, '/v1/data', 'post'), 'POST /v1/data'),
    answered({ ...data, rows }, 'POST /v1/data'),
    list([
      say('A linha aparece em até 10 segundos depois do envio. Se `rows` vier vazia, ou ainda com a versão anterior, repita a leitura a cada segundo até que ela venha. `dataAsOf` é o instante (em UTC) a que a resposta se refere: traz o que já havia chegado aos relatórios então.',
        'The row shows within 10 seconds of the request that sent it. If `rows` is empty, or still has the version before, repeat the call every second until it comes. `dataAsOf` is the time (in UTC) that the answer is as of: it has what had reached the reports by then.'),
      say('Os valores de `values` estão na ordem de `fields`, que `schema` repete. Textos e datas são textos, números são números, sim ou não é `true` ou `false`, e onde não há nada vem `null`.',
        'The values of `values` are in the order of `fields`, which `schema` repeats. Texts and dates are texts, numbers are numbers, yes or no is `true` or `false`, and where there is nothing there is `null`.'),
      say(`Datas com hora têm 14 algarismos, no fuso da conta: \`${at}\` é ano, mês, dia, hora, minuto e segundo.`,
        `Dates with a time have 14 digits, in the account's zone: \`${at}\` is year, month, day, hour, minute and second.`),
      say('Os nomes para ler não são os do envio: `agent.name` se lê como `agent_name`, e `campaign.name` como `campaign_name`. [GET /v1/schema](#schema) lista todos os que se podem pedir.',
        'The names of the rows are not those that are sent: `agent.name` is read as `agent_name`, and `campaign.name` as `campaign_name`. [GET /v1/schema](#schema) lists all that may be asked for.'),
    ]),
  ];
}

export const guide = (api) => [...tokens(), ...firstDay(api), ...sending(api), ...reading(api), ...correcting(api), ...readingRows(api)];
