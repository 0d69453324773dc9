/** Every word that people read, in Portuguese and in English, and how they are put together. */

/** @type {!Object<Language, !Texts>} */
const TEXTS = {
  pt: {
    thousands: '.',
    none: 'nenhum',
    reportType: 'Tipo de relatório',
    reportTypeHelp: 'O que é cada linha da fonte de dados. Em branco: Sessões, uma linha por sessão.',
    dateField: 'Data do período',
    dateFieldHelp: 'A qual data da sessão o período do relatório se refere. Em branco: criação.',
    reportTypes: {
      sessions: 'Sessões',
      talks: 'Mensagens',
      talk_options: 'Opções das mensagens',
      events: 'Eventos',
      tags: 'Tags',
      contact_platforms: 'Plataformas dos contatos',
      summary: 'Resumo',
    },
    dateFields: {
      created_at: 'Criação da sessão',
      finished_at: 'Finalização da sessão',
      lastInteraction: 'Última interação do contato',
    },
    signedOut: 'Acesso: falta o token. Edite as credenciais da fonte de dados e informe um token de relatório.',
    refused: 'Acesso: o token foi recusado; foi revogado, venceu ou não é deste servidor. Gere outro token de relatório no console e entre de novo, em Editar credenciais da fonte de dados.',
    scope: 'Acesso: este token é de escopo "{scope}"; o Data Studio precisa de um token de escopo "report". Gere um token de relatório no console e use-o aqui.',
    forbidden: 'Acesso: este token não pode ler estes dados. Entre de novo com um token de relatório da conta certa.',
    address: 'Servidor: o endereço não serve. Informe a base do Premium Report, começando por https:// e sem usuário, "?" ou "#"; por exemplo, https://relatorios.exemplo.com.br.',
    unreachable: 'Servidor: {host} não respondeu. Confira o endereço e tente de novo em alguns minutos; nada foi alterado no seu acesso.',
    timeout: 'Servidor: {host} não respondeu a tempo. Tente de novo em alguns minutos; se continuar, reduza o período ou os campos do gráfico.',
    unresolved: 'Servidor: o nome {host} não foi encontrado na internet (DNS). Confira o endereço; se estiver certo, tente de novo em alguns minutos.',
    insecure: 'Servidor: a conexão segura (SSL) com {host} falhou; o certificado pode ter vencido ou ser de outro endereço. Confira o endereço e avise quem cuida do servidor.',
    blocked: 'Conector: o Google não deixa o conector falar com {host}. Ao editar a fonte de dados, conceda de novo a autorização que o Google pede; se continuar, peça ao administrador do Google Workspace que libere o endereço.',
    failed: 'Servidor: {host} não conseguiu responder (HTTP {status}). Tente de novo em alguns minutos; se continuar, procure o suporte.',
    foreign: 'Servidor: {host} respondeu algo que não é do Premium Report (HTTP {status}, Content-Type: {found}). Confira o endereço e se há proxy ou página de login no caminho.',
    incomplete: 'Servidor: a resposta de {host} não é do Premium Report: "{member}" falta ou tem outro formato (HTTP {status}). Confira o endereço; se estiver certo, procure o suporte.',
    empty: 'Servidor: {host} respondeu sem conteúdo (HTTP {status}). Atualize os dados do relatório; se continuar, procure o suporte.',
    moved: 'Servidor: {host} redireciona para outro endereço (HTTP {status}). Entre de novo com o endereço definitivo.',
    absent: 'Servidor: não há Premium Report neste endereço de {host} (HTTP {status}). Confira o endereço e o caminho depois dele.',
    columns: 'Servidor: as colunas da resposta não são as pedidas: na coluna {column}, pedido {asked}, recebido {found}. Atualize os dados do relatório; se continuar, procure o suporte.',
    width: 'Servidor: a linha {row} da resposta não tem um valor por coluna (valores: {found}; colunas: {asked}). Atualize os dados do relatório; se continuar, procure o suporte.',
    value: 'Servidor: na linha {row} da resposta, o campo {field} devia ser {asked} e veio {found}. Atualize os dados do relatório; se continuar, procure o suporte.',
    cursor: 'Servidor: as páginas da resposta mudaram antes do fim. Atualize os dados do relatório; se continuar, procure o suporte.',
    pages: 'Servidor: as páginas da resposta não combinam entre si ({member}). Atualize os dados do relatório; se continuar, procure o suporte.',
    busy: 'Limite: {host} recebeu pedidos demais (HTTP {status}). Espere alguns minutos e atualize os dados do relatório.',
    quota: 'Limite: a cota diária do Google para este usuário acabou. Tente de novo amanhã ou use menos gráficos por página.',
    rate: 'Limite: o Google limitou por alguns instantes os pedidos ou o volume de dados deste usuário. Espere um minuto e atualize os dados do relatório; se continuar, use menos gráficos por página ou reduza o período.',
    tooLarge: 'Limite: o pedido é grande demais para {host} (HTTP {status}). Use menos campos, ou filtros menores, no gráfico.',
    rows: 'Limite: o pedido dá {rows} linhas, e o Data Studio aceita {limit}. Reduza o período ou use um filtro; para totais, use o tipo de relatório Resumo (summary).',
    bytes: 'Limite: {rows} linhas passam de {limit} MB, o máximo de um pedido. Reduza o período, os campos do gráfico ou use um filtro.',
    time: 'Limite: em {seconds} segundos chegaram só {rows} linhas, e o pedido não terminou. Reduza o período, os campos do gráfico ou use um filtro.',
    period: 'Período: o servidor não aceitou as datas. Confira o período do relatório e o campo de data da fonte de dados.',
    report: 'Relatório: o servidor não aceitou o pedido. Confira o tipo de relatório, os campos e os filtros; em Editar conexão, atualize os campos da fonte de dados.',
    unexpected: 'Conector: falha inesperada. Atualize os dados do relatório; se continuar, procure o suporte.',
    said: 'O servidor disse: {detail}',
    googleSaid: 'O Google disse: {detail}',
    requestId: '(Código do pedido: {requestId})',
  },
  en: {
    thousands: ',',
    none: 'none',
    reportType: 'Report type',
    reportTypeHelp: 'What one row of the data source is. Blank: Sessions, one row a session.',
    dateField: 'Date of the period',
    dateFieldHelp: 'Which date of the session the period of the report is about. Blank: created.',
    reportTypes: {
      sessions: 'Sessions',
      talks: 'Messages',
      talk_options: 'Message options',
      events: 'Events',
      tags: 'Tags',
      contact_platforms: 'Contact platforms',
      summary: 'Summary',
    },
    dateFields: {
      created_at: 'Session created',
      finished_at: 'Session finished',
      lastInteraction: "Contact's last interaction",
    },
    signedOut: 'Access: there is no token. Edit the credentials of the data source and enter a report token.',
    refused: 'Access: the token was refused; it was revoked, has expired or is not of this server. Issue another report token in the console and sign in again, under Edit credentials of the data source.',
    scope: 'Access: this token is of scope "{scope}"; Data Studio needs a token of scope "report". Issue a report token in the console and use it here.',
    forbidden: 'Access: this token may not read this data. Sign in again with a report token of the right account.',
    address: 'Server: the address will not do. Enter the base of Premium Report, beginning with https:// and without a user name, "?" or "#"; for example, https://reports.example.com.',
    unreachable: 'Server: {host} did not answer. Check the address and try again in a few minutes; nothing about your access was changed.',
    timeout: 'Server: {host} did not answer in time. Try again in a few minutes; if it goes on, narrow the dates or the fields of the chart.',
    unresolved: 'Server: the name {host} was not found on the internet (DNS). Check the address; if it is right, try again in a few minutes.',
    insecure: 'Server: the secure connection (SSL) to {host} failed; its certificate may have expired or be of another address. Check the address, and tell whoever runs the server.',
    blocked: 'Connector: Google does not let the connector talk to {host}. While editing the data source, give the authorization that Google asks for again; if it goes on, ask the administrator of Google Workspace to allow the address.',
    failed: 'Server: {host} could not answer (HTTP {status}). Try again in a few minutes; if it goes on, contact support.',
    foreign: 'Server: what {host} answered is not Premium Report (HTTP {status}, Content-Type: {found}). Check the address, and whether there is a proxy or a login page in between.',
    incomplete: 'Server: what {host} answered is not Premium Report: "{member}" is missing or of another shape (HTTP {status}). Check the address; if it is right, contact support.',
    empty: 'Server: {host} answered without content (HTTP {status}). Refresh the data of the report; if it goes on, contact support.',
    moved: 'Server: {host} redirects to another address (HTTP {status}). Sign in again with the final address.',
    absent: 'Server: there is no Premium Report at this address of {host} (HTTP {status}). Check the address and the path after it.',
    columns: 'Server: the columns of the answer are not the requested ones: in column {column}, asked for {asked}, got {found}. Refresh the data of the report; if it goes on, contact support.',
    width: 'Server: row {row} of the answer does not have one value per column (values: {found}; columns: {asked}). Refresh the data of the report; if it goes on, contact support.',
    value: 'Server: in row {row} of the answer, the field {field} should be {asked} and is {found}. Refresh the data of the report; if it goes on, contact support.',
    cursor: 'Server: the pages of the answer changed before their end. Refresh the data of the report; if it goes on, contact support.',
    pages: 'Server: the pages of the answer do not fit together ({member}). Refresh the data of the report; if it goes on, contact support.',
    busy: 'Limit: {host} got too many requests (HTTP {status}). Wait a few minutes and refresh the data of the report.',
    quota: "Limit: Google's daily quota of this user is used up. Try again tomorrow, or use fewer charts on a page.",
    rate: 'Limit: Google limited the requests, or the amount of data, of this user for a moment. Wait a minute and refresh the data of the report; if it goes on, use fewer charts on a page or narrow the dates.',
    tooLarge: 'Limit: the request is too large for {host} (HTTP {status}). Use fewer fields, or smaller filters, in the chart.',
    rows: 'Limit: the request gives {rows} rows, and Data Studio takes {limit}. Narrow the dates or use a filter; for totals, use the report type Summary.',
    bytes: 'Limit: {rows} rows are over {limit} MB, the most one request may hold. Narrow the dates, the fields of the chart, or use a filter.',
    time: 'Limit: only {rows} rows came in {seconds} seconds, and the request was not done. Narrow the dates, the fields of the chart, or use a filter.',
    period: 'Period: the server did not accept the dates. Check the date range of the report and the date field of the data source.',
    report: 'Report: the server did not accept the request. Check the report type, the fields and the filters; under Edit connection, refresh the fields of the data source.',
    unexpected: 'Connector: unexpected fault. Refresh the data of the report; if it goes on, contact support.',
    said: 'The server said: {detail}',
    googleSaid: 'Google said: {detail}',
    requestId: '(Request code: {requestId})',
  },
};

/**
 * @param {?StudioRequest} request
 * @return {Language} `pt` or `en`: what Data Studio asks for, else the user's own, else Portuguese.
 */
function languageOf(request) {
  const asked = [request && request.languageCode, userLocale()];
  const known = asked.map((code) => String(code || '').slice(0, 2).toLowerCase()).find((code) => code in TEXTS);
  return known === 'en' ? 'en' : 'pt';
}

/** @return {string} The user's locale; empty where Apps Script will not tell, which must not hide an error. */
function userLocale() {
  try {
    return Session.getActiveUserLocale();
  } catch (fault) {
    return '';
  }
}

/**
 * @param {Language} language
 * @param {SentenceName} name
 * @param {!Facts} facts
 * @return {string} The sentence, its numbers grouped as the language does, and a word where a fact is empty.
 */
function sentence(language, name, facts) {
  const texts = TEXTS[language];
  return texts[name].replace(/\{(\w+)\}/g, (/** @type {string} */ _, /** @type {string} */ fact) => {
    const value = facts[/** @type {keyof Facts} */ (fact)];
    if (value === '') return texts.none;
    return typeof value === 'number' ? String(value).replace(/\B(?=(\d{3})+$)/g, texts.thousands) : String(value);
  });
}
