/**
 * Addresses that open Data Studio: a new data source of this connector, and a copy of a template on data sources of
 * one's own. No token is in any of them: whoever follows one enters theirs in the sign-in form.
 */

const STUDIO = 'https://datastudio.google.com';

/**
 * @param {string} deploymentId The connector's deployment, from Apps Script.
 * @param {{report_type?: string, date_field?: string}=} config Answers to fill in; the user may change them.
 * @return {string} The address of a new data source.
 */
function dataSourceLink(deploymentId, config) {
  const parameters = [['connectorId', deploymentId]];
  if (config) parameters.push(['connectorConfig', JSON.stringify(config)]);
  return `${STUDIO}/datasources/create?${query(parameters)}`;
}

/**
 * @param {{title: {pt: string}, sources: Array<{alias: string, report_type: string, date_field: string}>}} template One
 *     of templates/.
 * @param {string} reportId The report that was built from it and is shared by link.
 * @param {string} deploymentId The connector's deployment.
 * @return {string} The address of a copy whose data sources are the clicking user's.
 */
function reportLink(template, reportId, deploymentId) {
  const sources = template.sources.flatMap(({ alias, report_type: type, date_field: date }) => [
    [`ds.${alias}.connector`, 'community'],
    [`ds.${alias}.connectorId`, deploymentId],
    [`ds.${alias}.datasourceName`, `Premium Report: ${type}`],
    // The schema is always the template's, so fields that were renamed there stay.
    [`ds.${alias}.refreshFields`, 'false'],
    [`ds.${alias}.report_type`, type],
    [`ds.${alias}.date_field`, date],
  ]);
  return `${STUDIO}/reporting/create?${query([['c.reportId', reportId], ['r.reportName', template.title.pt], ...sources])}`;
}

/**
 * @param {Array<Array<string>>} parameters
 * @return {string}
 */
function query(parameters) {
  return parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}

module.exports = { dataSourceLink, reportLink };
