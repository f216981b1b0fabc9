// The GraphQL over HTTP specification's server audit: all of it must be ok, its
// recommendations included.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { endpoint, headers } from './server.mjs';

const expected = 61;
const fetchFn = (url, init = {}) => fetch(url, { ...init, headers: { ...init.headers, ...headers } });
const audits = serverAudits({ url: endpoint, fetchFn });
let passed = 0;

test('the audit has all its cases', () => assert.equal(audits.length, expected));

for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    assert.equal(result.status, 'ok', result.reason);
    passed++;
  });
}

after(() => console.log(`graphql-http server audit: ${passed} of ${expected}`));
