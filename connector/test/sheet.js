/** A Google sheet with a script, as far as recipes/sheets.js uses them. */
const vm = require('node:vm');
const { blockingFetch } = require('./blocking-fetch.js');

/**
 * @param {string} script
 * @param {{url: string, limit: number}} setup The stack in the place of the example's, and the rows of a page.
 * @return {Object} `enterToken(text)`, `run(name)`, `values()` of the sheet (null as long as nothing is written), and
 *     `requests()`.
 */
function loadSheet(script, { url, limit }) {
  const properties = {};
  let typed = '';
  let written = null;
  let requests = 0;
  const sheet = {
    getLastRow: () => (written || []).length,
    getLastColumn: () => (written || [[]])[0].length,
    getRange: (row, column, rows, columns) => ({
      setValues: (values) => {
        if (values.length !== rows || values.some((each) => each.length !== columns)) throw new Error('The size of the range is another.');
        written = [...values, ...(written || []).slice(values.length)];
      },
      clearContent: () => {
        written = written.slice(0, row - 1);
      },
    }),
  };
  const fetch = (address, options) => {
    requests += 1;
    const answer = blockingFetch(address, { method: 'GET', headers: options.headers });
    if (answer.error) throw new Error(`Address unavailable: ${address}`);
    return {
      getResponseCode: () => answer.status,
      getContentText: () => Buffer.from(answer.body).toString('utf8'),
      getHeaders: () => answer.headers,
    };
  };
  const context = vm.createContext({
    SpreadsheetApp: {
      getUi: () => ({ prompt: () => ({ getResponseText: () => typed }) }),
      getActiveSpreadsheet: () => ({ getSheetByName: () => null, insertSheet: () => sheet }),
    },
    PropertiesService: {
      getUserProperties: () => ({
        getProperty: (name) => properties[name] || null,
        setProperty: (name, value) => {
          properties[name] = value;
        },
      }),
    },
    UrlFetchApp: { fetch },
  });
  vm.runInContext(script.replace(/url: '[^']*'/, `url: '${url}'`).replace(/limit: \d+/, `limit: ${limit}`), context);
  const run = (name) => vm.runInContext(`${name}()`, context);
  const enterToken = (text) => {
    typed = text;
    run('askToken');
  };
  return { enterToken, run, values: () => written && written.map((row) => [...row]), requests: () => requests };
}

module.exports = { loadSheet };
