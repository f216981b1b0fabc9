// Drives the GraphiQL page of a running server, as a visitor would.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

const origin = new URL(process.env.AUTHTRAIL_URL ?? 'http://127.0.0.1:8080').origin;
const args = '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
const tabs = [
  'WhyWasAccessDenied',
  'Verdicts',
  'WhatWasDifferent',
  'Attacks',
  'StolenToken',
  'WhatDidTheSessionDoNext',
  'FailedAttempts',
  'Funnel',
  'WhoSignsIn',
  'LiveTail',
  'LiveLogins',
  'AddADestination',
  'DoDestinationsWork',
  'WhoHasRead',
];

let browser;
let page;
const outside = [];
const addresses = [];
const complaints = [];
const violations = []; // of the Content-Security-Policy

before(async () => {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  browser = await chromium.launch({ executablePath, headless: true, args: args.split(' ') });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.route(
    (url) => url.origin !== origin && url.protocol.startsWith('http'),
    (route) => {
      outside.push(route.request().url());
      return route.abort();
    },
  );
  await context.exposeFunction('reportViolation', (what) => violations.push(what));
  await context.addInitScript(() =>
    addEventListener('securitypolicyviolation', (event) =>
      globalThis.reportViolation(`${event.violatedDirective}: ${event.blockedURI} in ${event.sourceFile}`),
    ),
  );
  page = await context.newPage();
  page.on('request', (request) => addresses.push(request.url()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(`${origin}/graphiql`);
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
});

after(() => browser?.close());

async function open(name) {
  await page.locator('.graphiql-tab-button', { hasText: name }).click();
  // GraphiQL takes up the new operation's name a moment after the text.
  await page.waitForTimeout(500);
}

// Runs the open tab and returns the server's response to it.
async function run(name) {
  const answered = page.waitForResponse(
    (response) => response.request().method() === 'POST' && response.request().postData()?.includes(` ${name}`),
  );
  await page.locator('.graphiql-execute-button').click();
  const response = await answered;
  assert.equal(response.status(), 200);
  return response;
}

async function runQuery(name) {
  await open(name);
  const { data, errors } = await (await run(name)).json();
  assert.equal(errors, undefined);
  await page.locator('.result-window', { hasText: '"data"' }).waitFor();
  return data;
}

test('a first visit opens with fourteen tabs', async () => {
  assert.equal(await page.title(), 'Authtrail · GraphiQL');
  assert.deepEqual(await page.locator('.graphiql-tab-button').allInnerTexts(), tabs);
});

test('every tab is seen without scrolling', async () => {
  for (const tab of await page.locator('.graphiql-tab-button').all()) {
    const seen = await tab.evaluate((button) => {
      const { left, right, top, height } = button.getBoundingClientRect();
      return button.contains(document.elementFromPoint((left + right) / 2, top + height / 2));
    });
    assert.ok(seen, await tab.innerText());
  }
});

for (const [width, height] of [[1440, 900], [390, 844]]) {
  test(`on ${width} × ${height} only what is inside the page scrolls, and there is room to read`, async () => {
    await page.setViewportSize({ width, height });
    const beyond = await page.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.scrollingElement;
      return [scrollWidth - innerWidth, scrollHeight - innerHeight];
    });
    const rooms = [];
    for (const part of ['.graphiql-query-editor', '.graphiql-response']) rooms.push(await page.locator(part).boundingBox());
    await page.setViewportSize({ width: 1440, height: 900 });
    assert.deepEqual(beyond, [0, 0]);
    for (const room of rooms) assert.ok(room.width > 300 && room.height > 200, JSON.stringify(room));
  });
}

test('where the server wants a token, tabs say where to put ids until it is given, and then have them', async () => {
  const visitor = await browser.newContext();
  try {
    const stranger = await visitor.newPage();
    const refused = { status: 401, json: { errors: [{ message: 'no token', extensions: { code: 'UNAUTHENTICATED' } }] } };
    await stranger.route('**/graphql', (route) =>
      route.request().headers().authorization === 'Bearer letmein' ? route.continue() : route.fulfill(refused),
    );
    const variables = stranger.locator('.graphiql-editor-tool .graphiql-editor:not(.hidden)');
    const openTab = async (name) => {
      await stranger.locator('.graphiql-tab-button', { hasText: name }).click();
      await stranger.waitForTimeout(500); // by then the editors have taken up the tab
    };
    await stranger.goto(`${origin}/graphiql`);
    await stranger.locator('.graphiql-query-editor .view-line').first().waitFor();
    await stranger.waitForTimeout(500);
    await openTab('AddADestination');
    await variables.click();
    await stranger.keyboard.press('ControlOrMeta+a');
    await stranger.keyboard.insertText('{"spec": "mine"}');
    await stranger.waitForTimeout(500); // GraphiQL takes up what was typed a moment later
    await openTab('StolenToken');
    await variables.getByText(/put\sthe\sid\sof\sa\stoken\shere/).waitFor();
    await stranger.locator('button[data-name=headers]').click();
    await variables.click();
    await stranger.keyboard.insertText('{"Authorization": "Bearer letmein"}');
    await stranger.locator('.graphiql-execute-button').click();
    await stranger.locator('.result-window', { hasText: '"data"' }).waitFor();
    await stranger.locator('button[data-name=variables]').click();
    await variables.getByText(/"tok-/).waitFor();
    await openTab('WhatWasDifferent');
    await variables.getByText(/"req-/).waitFor();
    await openTab('AddADestination');
    await variables.getByText(/"mine"/).waitFor();
  } finally {
    await visitor.close();
  }
});

test('the variables of a tab are what its schema wants', async () => {
  await open('AddADestination');
  await page.waitForTimeout(1000); // the editor checks a moment after it was filled
  assert.equal(await page.locator('.graphiql-editor-tool .squiggly-error').count(), 0);
});

test('a denial is shown with its login attempt and its trace', async () => {
  const { nodes } = (await runQuery('WhyWasAccessDenied')).authAudits;
  assert.ok(nodes.some((node) => node.loginFlow?.outcome), 'a node has a login flow with an outcome');
  assert.ok(nodes.some((node) => node.trace?.records.nodes.length), 'a node has a trace with records');
});

test('an issued token is shown with what its session did next', async () => {
  const { nodes } = (await runQuery('WhatDidTheSessionDoNext')).authAudits;
  assert.ok(nodes.some((node) => node.sessionView?.audits.nodes.length), 'a session has audits');
});

test('attempts that failed are shown with a verdict', async () => {
  const { nodes } = (await runQuery('FailedAttempts')).loginFlows;
  assert.ok(nodes.length > 0 && nodes.every((node) => node.verdict.text));
});

test('a verdict is shown with the records that bear it out', async () => {
  const { nodes } = (await runQuery('Verdicts')).loginFlows;
  assert.ok(nodes.length > 0);
  for (const { verdict, links } of nodes) {
    assert.ok(verdict.clauses.length > 0 && verdict.clauses.every((clause) => clause.records.length > 0));
    assert.ok(links.every((link) => link.via && link.strength));
  }
});

test('attacks are looked for in all of the time asked for', async () => {
  const { nodes, gaps } = (await runQuery('Attacks')).detections;
  assert.deepEqual(gaps, []);
  assert.ok(nodes.every((node) => node.text && node.flows.length > 0));
});

test('a token of this server leads to the login that issued it', async () => {
  const { nodes } = (await runQuery('StolenToken')).correlate;
  assert.match(nodes[0]?.value, /^tok-/);
  assert.ok(nodes.some((node) => node.record?.loginFlow?.outcome === 'SUCCEEDED'), 'a record has a login flow');
});

test('a failed login of this server is compared with the last one of its user that succeeded', async () => {
  const { baseline, parting, differences, stages } = (await runQuery('WhatWasDifferent')).compareLoginFlows;
  assert.equal(baseline, 'LAST_SUCCEEDED');
  assert.ok(parting && differences.length > 0 && stages.length > 0);
});

test('steps of the pipeline are counted, by application too', async () => {
  const { flows, steps, groups } = (await runQuery('Funnel')).loginFunnel;
  assert.ok(flows > 0 && steps.length > 0);
  assert.equal(groups.length, 3);
});

test('sign-ins are counted by value and by hour', async () => {
  const { facets, histogram } = (await runQuery('WhoSignsIn')).authAudits;
  assert.equal(facets.length, 4);
  assert.ok(histogram.length > 0);
});

test('a destination is added, and seen to work', async () => {
  const { auditDestination, userErrors } = (await runQuery('AddADestination')).createAuditDestination;
  assert.deepEqual(userErrors, []);
  assert.match(auditDestination.orgId, /^org-\d+$/, 'an organisation of this server');
  try {
    const again = (await runQuery('AddADestination')).createAuditDestination;
    assert.equal(again.auditDestination.id, auditDestination.id, 'the destination that has the name');
    assert.equal(again.userErrors[0].field, 'spec.name');
    const [shown] = (await runQuery('DoDestinationsWork')).auditDestinations.nodes;
    assert.equal(shown.name, 'denied-logins');
    assert.ok(['WAITING', 'DELIVERING'].includes(shown.health.state), shown.health.state);
    assert.deepEqual(shown.deadLetters, []);
  } finally {
    await page.request.delete(`${origin}/v1/audit_destinations/${auditDestination.destinationId}`);
  }
});

test('who has read what can be asked for', async () => {
  const { nodes, totalCount } = (await runQuery('WhoHasRead')).events;
  assert.deepEqual([nodes, totalCount], [[], 0], 'without authentication nobody can be named');
});

test('a token typed as a header is sent, and not kept by the browser', async () => {
  await open('WhoSignsIn');
  await page.locator('button[data-name=headers]').click();
  await page.locator('.graphiql-editor-tool .graphiql-editor:not(.hidden)').click();
  await page.keyboard.insertText('{"Authorization": "Bearer secret"}');
  const response = await run('WhoSignsIn');
  assert.equal(response.request().headers().authorization, 'Bearer secret');
  await page.waitForTimeout(1000); // GraphiQL stores what it keeps with a delay
  assert.doesNotMatch(await page.evaluate(() => JSON.stringify(localStorage)), /secret/);
});

for (const name of ['LiveLogins', 'LiveTail']) {
  test(`${name} opens an event stream, and stops`, async () => {
    await open(name);
    const response = await run(name);
    assert.match(response.headers()['content-type'], /^text\/event-stream/);
    await page.locator('.graphiql-execute-button[aria-label^="Stop"]').click();
    await page.locator('.graphiql-execute-button[aria-label^="Execute"]').waitFor();
  });
}

test('a later visit finds the tabs as they were left', async () => {
  await page.waitForTimeout(1000);
  await page.reload();
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  assert.deepEqual(await page.locator('.graphiql-tab-button').allInnerTexts(), tabs);
  await page.locator('.graphiql-query-editor', { hasText: 'LiveTail' }).waitFor();
});

test('no address that was opened or asked for holds a token', () => {
  assert.ok(addresses.length > 0);
  assert.ok(!addresses.some((address) => address.includes('secret')), 'a token is in an address');
});

test('the page asks no other host, keeps to its policy, and reports no error', () => {
  assert.deepEqual(violations, []);
  assert.deepEqual(outside, []);
  assert.deepEqual(complaints, []);
});
