/**
 * Premium Report em uma planilha Google: Extensões > Apps Script; cole tudo, troque as linhas de PREMIUM, recarregue a
 * planilha e use o menu Premium Report. O token fica nas suas propriedades, não na planilha.
 *
 * Premium Report in a Google sheet: Extensions > Apps Script; paste all, change the lines of PREMIUM, reload the sheet and
 * use the menu Premium Report. The token is kept in your properties, not in the sheet.
 */
const PREMIUM = {
  url: 'https://relatorios.exemplo.com.br',
  reportType: 'sessions',
  dateField: 'created_at',
  start: '2026-09-01',
  end: '2026-10-15',
  fields: ['session_id', 'protocol', 'created_at', 'created_date', 'expired', 'campaign_name', 'agent_name', 'tabulation', 'tma_seconds', 'messages'],
  sheet: 'Premium Report',
};

function onOpen() {
  SpreadsheetApp.getUi().createMenu('Premium Report')
    .addItem('Atualizar · Refresh', 'refreshSheet')
    .addItem('Token…', 'askToken')
    .addToUi();
}

function askToken() {
  const answer = SpreadsheetApp.getUi().prompt('Token de relatório · Report token');
  PropertiesService.getUserProperties().setProperty('premium.token', answer.getResponseText().replace(/\s+/g, ''));
}

/** Replaces the sheet by all rows; when anything fails, it stays as it is. */
function refreshSheet() {
  const rows = allRows();
  const book = SpreadsheetApp.getActiveSpreadsheet();
  const sheet = book.getSheetByName(PREMIUM.sheet) || book.insertSheet(PREMIUM.sheet);
  const before = sheet.getLastRow();
  sheet.getRange(1, 1, rows.length + 1, PREMIUM.fields.length).setValues([PREMIUM.fields, ...rows]);
  const left = before - rows.length - 1;
  if (left > 0) sheet.getRange(rows.length + 2, 1, left, sheet.getLastColumn()).clearContent();
}

/** Every page leads to the next by its Link header. */
function allRows() {
  const parameters = {
    report_type: PREMIUM.reportType, fields: PREMIUM.fields.join(','), start: PREMIUM.start, end: PREMIUM.end,
    date_field: PREMIUM.dateField, format: 'ndjson', limit: 50000,
  };
  const query = Object.keys(parameters).map((name) => `${name}=${encodeURIComponent(parameters[name])}`).join('&');
  const rows = [];
  for (let url = `${stackUrl()}/v1/export?${query}`; url;) {
    const response = page(url);
    for (const line of response.getContentText('UTF-8').split('\n')) {
      if (line) rows.push(cells(JSON.parse(line)));
    }
    url = nextPage(response);
  }
  return rows;
}

function stackUrl() {
  return PREMIUM.url.trim().replace(/\/+$/, '');
}

function page(url) {
  const token = PropertiesService.getUserProperties().getProperty('premium.token');
  if (!token) throw new Error('Falta o token: menu Premium Report > Token… · The token is missing.');
  // The token goes to the stack alone: the next page has to be there too.
  if (!url.startsWith(`${stackUrl()}/`)) throw new Error(`Outro endereço · Another address: ${url.split('?')[0]}`);
  const headers = { Authorization: `Bearer ${token}` };
  const response = UrlFetchApp.fetch(url, { headers, muteHttpExceptions: true, followRedirects: false });
  const status = response.getResponseCode();
  if (status !== 200) throw new Error(`Premium Report: HTTP ${status} ${response.getContentText('UTF-8').slice(0, 300)}`);
  return response;
}

function nextPage(response) {
  const headers = response.getHeaders();
  const name = Object.keys(headers).find((each) => each.toLowerCase() === 'link');
  const [, url] = /<([^>]+)>;\s*rel="?next"?/.exec(name ? String(headers[name]) : '') || [];
  return url || '';
}

/** Texts stay texts, formulas too; moments and days are written so that a sheet knows them in any language. */
function cells(record) {
  return PREMIUM.fields.map((name) => {
    const value = record[name];
    if (value === null || value === undefined) return '';
    if (typeof value !== 'string') return value;
    const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?$/.exec(value) || [];
    const time = /(_at|_date|lastInteraction|partition_column)$/.test(name) && year;
    if (!time) return `'${value}`;
    return hour ? `${year}-${month}-${day} ${hour}:${minute}:${second}` : `${year}-${month}-${day}`;
  });
}
