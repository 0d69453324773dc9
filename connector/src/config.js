/**
 * The questions of the data source. Neither may be overridden in a report: the report type decides the schema, and
 * the date field decides what every number means.
 */

/** The report types and date fields of the contract; what they are called is in texts.js. */
const REPORT_TYPES = ['sessions', 'talks', 'talk_options', 'events', 'tags', 'contact_platforms', 'summary'];
const DATE_FIELDS = ['created_at', 'finished_at', 'lastInteraction'];

/**
 * @param {Language} language
 * @return {!ConfigAnswer}
 */
function configForm(language) {
  const texts = TEXTS[language];
  const dateFields = DATE_FIELDS.map((id) => ({ label: texts.dateFields[id], value: id }));
  return {
    configParams: [
      question('report_type', texts.reportType, texts.reportTypeHelp, reportTypes(language)),
      question('date_field', texts.dateField, texts.dateFieldHelp, dateFields),
    ],
    dateRangeRequired: true,
    isSteppedConfig: false,
  };
}

/**
 * @param {string} name
 * @param {string} displayName
 * @param {string} helpText
 * @param {!Array<ConfigOption>} options
 * @return {!ConfigQuestion} A question with one answer.
 */
function question(name, displayName, helpText, options) {
  const parameterControl = { allowOverride: false };
  return { type: 'SELECT_SINGLE', name, displayName, helpText, options, parameterControl, isDynamic: false };
}

/**
 * The server's own names. A form must open even while the server cannot be asked, so the ids of the contract serve
 * then; getSchema, which follows, says what is wrong.
 * @param {Language} language
 * @return {!Array<ConfigOption>}
 */
function reportTypes(language) {
  const access = keptAccess();
  const reply = access && send(access, 'get', `/v1/report-types?lang=${language}`);
  const served = reply && !reply.failure && reply.json.report_types;
  if (!Array.isArray(served) || served.length === 0 || !served.every(isReportType)) {
    return REPORT_TYPES.map((id) => ({ label: TEXTS[language].reportTypes[id], value: id }));
  }
  return served.map((type) => ({ label: type.label, value: type.id }));
}

/**
 * @param {any} type
 * @return {boolean} Whether Data Studio takes it as an option: one bad option would close the whole form.
 */
function isReportType(type) {
  return Boolean(type) && isIdentifier(type.id) && typeof type.label === 'string' && type.label !== '';
}

/**
 * The answers as they are, but for questions left blank, which mean what their help texts say.
 * @param {?StudioRequest} request
 * @return {!Answers}
 */
function answersOf(request) {
  const answers = { ...(request && request.configParams) };
  if (!answers.report_type) answers.report_type = REPORT_TYPES[0];
  if (!answers.date_field) delete answers.date_field;
  return answers;
}
