/** The pages of docs/ that follow from data: the legend of the fields, and one page a template. Pure texts. */

const WORDS = {
  pt: {
    legend: 'Legenda dos campos',
    legendAbout: 'Gerada do dicionário do servidor por `npm run legend`. Nas fórmulas, `$` antecede o id de um campo.',
    fieldColumns: ['Campo', 'id', 'Tipo', 'Resume-se por', 'Relatórios', 'O que é'],
    sources: 'Fontes de dados',
    sourceColumns: ['Alias', 'Tipo de relatório', 'Data do período', 'Dimensão do período'],
    controls: 'Controles em todas as páginas: período',
    page: 'Página',
    chartColumns: ['Gráfico', 'Tipo', 'Fonte', 'Dimensões', 'Métricas', 'Filtros', 'Ordem'],
    kinds: { scorecard: 'visão geral', time_series: 'série temporal', bar: 'barras', pie: 'pizza', table: 'tabela', pivot_table: 'tabela dinâmica' },
    across: 'nas colunas ou no detalhamento',
    isNull: 'é nulo',
    isNotNull: 'não é nulo',
    order: { asc: 'crescente', desc: 'decrescente' },
  },
  en: {
    legend: 'Legend of the fields',
    legendAbout: 'Made from the server\'s dictionary by `npm run legend`. In formulas, `$` comes before a field\'s id.',
    fieldColumns: ['Field', 'id', 'Type', 'Aggregated by', 'Reports', 'What it is'],
    sources: 'Data sources',
    sourceColumns: ['Alias', 'Report type', 'Date of the period', 'Date range dimension'],
    controls: 'Controls on every page: date range',
    page: 'Page',
    chartColumns: ['Chart', 'Kind', 'Source', 'Dimensions', 'Metrics', 'Filters', 'Sort'],
    kinds: { scorecard: 'scorecard', time_series: 'time series', bar: 'bars', pie: 'pie', table: 'table', pivot_table: 'pivot table' },
    across: 'as columns or breakdown',
    isNull: 'is null',
    isNotNull: 'is not null',
    order: { asc: 'ascending', desc: 'descending' },
  },
};

/** The day that goes with each date field. */
const DAYS = { created_at: 'created_date', finished_at: 'finished_date', lastInteraction: 'last_date' };

/**
 * @param {'pt'|'en'} language
 * @param {Object<string, Array<Object>>} schemas By report type, in that language.
 * @return {string} A table of all fields, each once.
 */
function legendPage(language, schemas) {
  const words = WORDS[language];
  const reports = {};
  const fields = {};
  for (const [type, schema] of Object.entries(schemas)) {
    for (const field of schema) {
      const name = [field.name, field.formula || ''].join(' ');
      fields[name] = fields[name] || field;
      reports[name] = [...(reports[name] || []), type];
    }
  }
  const groups = [...new Set(Object.values(fields).map((field) => field.group))];
  const lines = groups.map((group) => {
    const rows = Object.entries(fields).filter(([, field]) => field.group === group).map(([name, field]) => [
      field.label, code(field.name), field.semantics.semanticType, field.formula ? code(field.formula) : field.defaultAggregationType || '',
      reports[name].map(code).join(' '), field.description,
    ]);
    return `## ${group}\n\n${table(words.fieldColumns, rows)}`;
  });
  return `# ${words.legend}\n\n${words.legendAbout}\n\n${lines.join('\n\n')}\n`;
}

/**
 * @param {'pt'|'en'} language
 * @param {Object<string, Array<Object>>} schemas
 * @param {Object} template One of templates/.
 * @return {string}
 */
function templatePage(language, schemas, template) {
  const words = WORDS[language];
  const typeOf = (alias) => template.sources.find((source) => source.alias === alias).report_type;
  const named = (type) => (id) => `${schemas[type].find((field) => field.name === id).label} (${code(id)})`;
  const sources = template.sources.map((source) => {
    const { alias, report_type: type, date_field: date } = source;
    return [code(alias), code(type), code(date), named(type)(DAYS[date])];
  });
  const pages = template.pages.map((page) => {
    const rows = page.charts.map((chart) => chartRow(words, language, chart, named(typeOf(chart.source))));
    return `## ${words.page}: ${page.title[language]}\n\n${table(words.chartColumns, rows)}`;
  });
  const controls = template.controls.map(named(typeOf('ds0'))).join(', ');
  return [
    `# ${template.title[language]}`, template.about[language], `## ${words.sources}`, table(words.sourceColumns, sources),
    `${words.controls}, ${controls}.`, ...pages, '',
  ].join('\n\n').replace(/\n+$/, '\n');
}

function chartRow(words, language, chart, named) {
  const across = (chart.columns || []).map((id) => `${named(id)}, ${words.across}`);
  const metric = ({ field, aggregation }) => [named(field), aggregation].filter(Boolean).join(' ');
  const filters = (chart.filters || []).flat().map(({ fieldName, type }) => {
    return `${named(fieldName)} ${type === 'INCLUDE' ? words.isNull : words.isNotNull}`;
  });
  const metricFilters = (chart.metric_filters || []).map(({ field, operator, value }) => `${named(field)} ${operator} ${value}`);
  return [
    chart.title[language], words.kinds[chart.type], code(chart.source), [...chart.dimensions.map(named), ...across].join('; '),
    chart.metrics.map(metric).join('; '), [...filters, ...metricFilters].join('; '),
    chart.sort ? `${named(chart.sort.field)}, ${words.order[chart.sort.order]}` : '',
  ];
}

function code(text) {
  return `\`${text}\``;
}

function table(columns, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replace(/\|/g, '\\|').replace(/\s+/g, ' ')).join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

module.exports = { legendPage, templatePage };
