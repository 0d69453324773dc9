const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const read = (name) => fs.readFileSync(path.join(__dirname, '..', name), 'utf8');

test('the manifest stays within what Data Studio takes', () => {
  const manifest = JSON.parse(read('src/appsscript.json'));
  const studio = manifest.dataStudio;
  assert.equal(manifest.runtimeVersion, 'V8');
  assert.deepEqual(manifest.oauthScopes, ['https://www.googleapis.com/auth/script.external_request']);
  assert.ok(studio.name.length <= 28 && !/connector/i.test(studio.name));
  assert.ok(studio.shortDescription.length <= 114);
  for (const key of ['companyUrl', 'logoUrl', 'addonUrl', 'supportUrl', 'privacyPolicyUrl', 'termsOfServiceUrl']) {
    assert.match(studio[key], /^https:\/\/[^/]+\//, key);
  }
});

test('what clasp pushes is src and nothing else', () => {
  assert.equal(JSON.parse(read('.clasp.json.example')).rootDir, 'src');
  const files = fs.readdirSync(path.join(__dirname, '..', 'src'));
  assert.ok(files.every((name) => name === 'appsscript.json' || name.endsWith('.js')), files.join());
});
