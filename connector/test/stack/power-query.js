/** The requests of a Power Query file: its constants, and what it sends, read from its text. */

/**
 * @param {string} text The query.
 * @return {Object} Its constants that are texts, numbers or lists of texts, by name.
 */
function constants(text) {
  const found = {};
  for (const [, name, value] of text.matchAll(/^ {4}(\w+) = ("[^"]*"|\d+|\{[^}]*\}),$/gm)) found[name] = evaluated(value, {});
  return found;
}

/**
 * @param {string} text The query.
 * @param {Object} scope The values of the names it uses.
 * @return {Array<{path: string, query: Object, body: *}>} What each of its `Web.Contents` asks for.
 */
function requestsOf(text, scope) {
  return text.split('Web.Contents(').slice(1).map((part) => {
    const path = evaluated(/RelativePath = ("[^"]*")/.exec(part)[1], scope);
    const query = /Query = (\[[^\]]*\])/.exec(part);
    const content = part.indexOf('Json.FromValue(');
    const body = content >= 0 && part.indexOf('Json.FromValue(', content) < part.indexOf('TextEncoding')
      ? evaluated(part.slice(content + 'Json.FromValue('.length), scope) : undefined;
    return { path, query: query ? evaluated(query[1], scope) : {}, body };
  });
}

/** The value of the expression that a text begins with: records, lists, texts, numbers, names, and one `List.Transform`. */
function evaluated(text, scope) {
  const tokens = text.match(/"[^"]*"|List\.Transform|[\w_]+|[[\]{}(),=]/g);
  let at = 0;
  const take = (expected) => {
    if (tokens[at] !== expected) throw new Error(`${expected} is expected, not ${tokens[at]}`);
    at += 1;
  };
  const until = (end, item) => {
    while (tokens[at] !== end) {
      item();
      if (tokens[at] !== end) take(',');
    }
    take(end);
  };
  const expression = (names) => {
    const token = tokens[at];
    at += 1;
    if (token === '[') {
      const record = {};
      until(']', () => {
        const name = tokens[at];
        at += 1;
        take('=');
        record[name] = expression(names);
      });
      return record;
    }
    if (token === '{') {
      const list = [];
      until('}', () => list.push(expression(names)));
      return list;
    }
    if (token === 'List.Transform') {
      take('(');
      const list = expression(names);
      take(',');
      take('each');
      const from = at;
      const mapped = list.map((item) => {
        at = from;
        return expression({ ...names, _: item });
      });
      take(')');
      return mapped;
    }
    if (/^"/.test(token)) return token.slice(1, -1);
    if (/^\d+$/.test(token)) return Number(token);
    if (!(token in names)) throw new Error(`${token} is not known`);
    return names[token];
  };
  return expression(scope);
}

module.exports = { constants, requestsOf };
