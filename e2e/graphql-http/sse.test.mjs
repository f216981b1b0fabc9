// The published SSE client follows a subscription.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-sse';
import { endpoint, headers, liveTail, position, receive, sendEvent } from './server.mjs';

const timeout = 20_000;

function connect(connected) {
  return createClient({ url: endpoint, headers, retryAttempts: 0, on: { connected } });
}

test('an event sent once the stream is open arrives over SSE', { timeout }, async () => {
  const open = Promise.withResolvers?.() ?? deferred();
  const client = connect(() => open.resolve());
  const results = client.iterate({ query: liveTail });
  const first = results.next();
  await open.promise;
  const uniqueId = await sendEvent();
  const received = await receive(startingWith(first, results), uniqueId);
  assert.equal(received.eventName, 'Token');
  client.dispose();
});

test('an event sent before arrives when the stream begins at a position', { timeout }, async () => {
  const after = await position();
  const uniqueId = await sendEvent();
  const client = connect();
  const received = await receive(client.iterate({ query: liveTail, variables: { after } }), uniqueId);
  assert.ok(received.position);
  client.dispose();
});

test('a stream can carry a query', { timeout }, async () => {
  const client = connect();
  const results = [];
  for await (const result of client.iterate({ query: '{ __typename }' })) results.push(result);
  assert.deepEqual(results, [{ data: { __typename: 'Query' } }]);
  client.dispose();
});

test('a mistake is answered before the stream, with its reason', { timeout }, async () => {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ query: 'subscription { nothing }' }),
  });
  assert.equal(answer.status, 400);
  const { errors } = await answer.json();
  assert.equal(errors[0].extensions.code, 'BAD_USER_INPUT');
});

function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

async function* startingWith(first, rest) {
  const { value, done } = await first;
  if (!done) yield value;
  yield* rest;
}
