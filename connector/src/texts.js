/** Every word that people read, in Portuguese and in English, and how they are put together. */

/** @type {!Object<Language, !Texts>} */
const TEXTS = {
  pt: {
    thousands: '.',
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
    failed: 'Servidor: {host} não conseguiu responder (HTTP {status}). Tente de novo em alguns minutos; se continuar, procure o suporte.',
    foreign: 'Servidor: {host} respondeu algo que não é do Premium Report (HTTP {status}). Confira o endereço e se há proxy ou página de login no caminho.',
    moved: 'Servidor: {host} redireciona para outro endereço (HTTP {status}). Entre de novo com o endereço definitivo.',
    absent: 'Servidor: não há Premium Report neste endereço de {host} (HTTP {status}). Confira o endereço e o caminho depois dele.',
    pages: 'Servidor: as páginas da resposta não combinam entre si. Atualize os dados do relatório; se continuar, procure o suporte.',
    busy: 'Limite: {host} recebeu pedidos demais. Espere alguns minutos e atualize os dados do relatório.',
    quota: 'Limite: a cota diária do Google para este usuário acabou. Tente de novo amanhã ou use menos gráficos por página.',
    rows: 'Limite: o pedido dá {rows} linhas, e o Data Studio aceita {limit}. Reduza o período ou use um filtro; para totais, use o tipo de relatório Resumo (summary).',
    bytes: 'Limite: {rows} linhas passam de {limit} MB, o máximo de um pedido. Reduza o período, os campos do gráfico ou use um filtro.',
    time: 'Limite: em {seconds} segundos chegaram só {rows} linhas, e o pedido não terminou. Reduza o período, os campos do gráfico ou use um filtro.',
    period: 'Período: o servidor não aceitou as datas. Confira o período do relatório e o campo de data da fonte de dados.',
    report: 'Relatório: o servidor não aceitou o pedido. Confira o tipo de relatório, os campos e os filtros; em Editar conexão, atualize os campos da fonte de dados.',
    unexpected: 'Conector: falha inesperada. Atualize os dados do relatório; se continuar, procure o suporte.',
    said: 'O servidor disse: {detail}',
    requestId: '(Código do pedido: {requestId})',
  },
  en: {
    thousands: ',',
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
    failed: 'Server: {host} could not answer (HTTP {status}). Try again in a few minutes; if it goes on, contact support.',
    foreign: 'Server: what {host} answered is not Premium Report (HTTP {status}). Check the address, and whether there is a proxy or a login page in between.',
    moved: 'Server: {host} redirects to another address (HTTP {status}). Sign in again with the final address.',
    absent: 'Server: there is no Premium Report at this address of {host} (HTTP {status}). Check the address and the path after it.',
    pages: 'Server: the pages of the answer do not fit together. Refresh the data of the report; if it goes on, contact support.',
    busy: 'Limit: {host} got too many requests. Wait a few minutes and refresh the data of the report.',
    quota: "Limit: Google's daily quota of this user is used up. Try again tomorrow, or use fewer charts on a page.",
    rows: 'Limit: the request gives {rows} rows, and Data Studio takes {limit}. Narrow the dates or use a filter; for totals, use the report type Summary.',
    bytes: 'Limit: {rows} rows are over {limit} MB, the most one request may hold. Narrow the dates, the fields of the chart, or use a filter.',
    time: 'Limit: only {rows} rows came in {seconds} seconds, and the request was not done. Narrow the dates, the fields of the chart, or use a filter.',
    period: 'Period: the server did not accept the dates. Check the date range of the report and the date field of the data source.',
    report: 'Report: the server did not accept the request. Check the report type, the fields and the filters; under Edit connection, refresh the fields of the data source.',
    unexpected: 'Connector: unexpected fault. Refresh the data of the report; if it goes on, contact support.',
    said: 'The server said: {detail}',
    requestId: '(Request code: {requestId})',
  },
};

/** The failures whose cause only the server's own words tell. */
const QUOTING = ['period', 'report', 'forbidden', 'failed'];

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
 * @return {string} The sentence, its numbers grouped as the language does.
 */
function sentence(language, name, facts) {
  const texts = TEXTS[language];
  return texts[name].replace(/\{(\w+)\}/g, (/** @type {string} */ _, /** @type {string} */ fact) => {
    const value = facts[/** @type {keyof Facts} */ (fact)];
    return typeof value === 'number' ? String(value).replace(/\B(?=(\d{3})+$)/g, texts.thousands) : String(value);
  });
}
