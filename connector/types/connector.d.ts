/**
 * What passes between the connector's files, and what @types/google-apps-script lacks of Data Studio: the answers
 * of the entry points, the credentials' form, and fields for filters only.
 */

/** Where the stack is, and the token for it. */
interface Access {
  url: string;
  token: string;
}

/** What texts.js may fill into a sentence, and what only admins see: `debug`. */
interface Facts {
  host?: string;
  status?: number;
  member?: string;
  column?: number;
  row?: number;
  field?: string;
  asked?: string | number;
  found?: string | number;
  requestId?: string | null;
  detail?: string;
  debug?: string;
  scope?: string;
  rows?: number;
  limit?: number;
  seconds?: number;
}

/** One request on its way, as errors name it. */
interface Call {
  host: string;
  what: string;
  token: string;
}

/** What became of one request. `json` is what the server said, of whatever shape; null where it is no object. */
interface Reply {
  json: any;
  facts: Facts;
  failure: Failure | null;
  refused: boolean;
  passing: boolean;
  firstPause: number;
  retryAfter: number;
  requestId: string;
  bytes: number;
}

type Language = 'pt' | 'en';

/** What Google says where a request could not go out. */
type GoogleFault = 'quota' | 'rate' | 'blocked' | 'timeout' | 'unresolved' | 'insecure';

/** The sentences of texts.js that tell a failure. */
type FailureName =
  | GoogleFault | 'unreachable' | 'signedOut' | 'refused' | 'scope' | 'forbidden' | 'address' | 'failed' | 'foreign'
  | 'incomplete' | 'empty' | 'moved' | 'absent' | 'columns' | 'width' | 'value' | 'cursor' | 'pages' | 'busy' | 'tooLarge'
  | 'rows' | 'bytes' | 'time' | 'period' | 'report';

type SentenceName = FailureName | 'said' | 'googleSaid' | 'requestId';

/** All words of one language. */
type Texts = Record<SentenceName | 'unexpected' | 'thousands' | 'none' | 'reportType' | 'reportTypeHelp' | 'dateField' | 'dateFieldHelp', string> & {
  reportTypes: Record<string, string>;
  dateFields: Record<string, string>;
};

/** The filled-in sign-in form: KEY or PATH_KEY. */
interface SignInRequest {
  languageCode?: string;
  key?: string;
  pathKey?: { path: string; key: string };
}

/** Answers to the questions of config.js. */
interface Answers {
  report_type?: string;
  date_field?: string;
}

interface StudioRequest {
  languageCode?: string;
  configParams?: Answers;
}

interface DataRequest extends StudioRequest {
  scriptParams?: GoogleAppsScript.Data_Studio.ScriptParams;
  dateRange?: GoogleAppsScript.Data_Studio.DateRange;
  fields: Array<{ name: string; forFilterOnly?: boolean }>;
  dimensionsFilters?: GoogleAppsScript.Data_Studio.DimensionsFilters[][];
}

/** A page's request: Data Studio's, and where to go on. */
interface PageRequest extends DataRequest {
  limit: number;
  cursor?: string | null;
}

interface ConfigOption {
  label: string;
  value: string;
}

interface ConfigQuestion {
  type: 'SELECT_SINGLE';
  name: string;
  displayName: string;
  helpText: string;
  options: ConfigOption[];
  parameterControl: { allowOverride: boolean };
  isDynamic: boolean;
}

interface ConfigAnswer {
  configParams: ConfigQuestion[];
  dateRangeRequired: boolean;
  isSteppedConfig: boolean;
}

/** The server's fields, passed on as they are. */
interface SchemaAnswer {
  schema: object[];
}

interface DataAnswer {
  schema: Array<{ name: string; dataType: string }>;
  rows: Array<{ values: unknown[] }>;
  filtersApplied: boolean;
}
