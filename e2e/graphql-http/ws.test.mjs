// The published WebSocket client follows a subscription.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { endpoint, headers, liveTail, position, receive, sendEvent } from './server.mjs';

const timeout = 20_000;

function connect(options = {}) {
  return createClient({
    url: endpoint.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: headers,
    retryAttempts: 0,
    ...options,
  });
}

test('an event arrives over a WebSocket', { timeout }, async () => {
  const after = await position();
  const client = connect();
  const received = receive(client.iterate({ query: liveTail, variables: { after } }), await sendEvent());
  assert.equal((await received).eventName, 'Token');
  await client.dispose();
});

test('queries and subscriptions share a WebSocket', { timeout }, async () => {
  const after = await position();
  const client = connect();
  const results = client.iterate({ query: liveTail, variables: { after } });
  for await (const result of client.iterate({ query: '{ __typename }' })) {
    assert.deepEqual(result, { data: { __typename: 'Query' } });
  }
  assert.ok(await receive(results, await sendEvent()));
  await client.dispose();
});

test('a mistake is an error of its operation, with its reason', { timeout }, async () => {
  const client = connect();
  const results = client.iterate({ query: 'subscription { nothing }' });
  await assert.rejects(results.next(), (errors) => errors[0].extensions.code === 'BAD_USER_INPUT');
  await client.dispose();
});

test('another origin is refused', { timeout }, async () => {
  const socket = new WebSocket(endpoint.replace(/^http/, 'ws'), 'graphql-transport-ws', { origin: 'https://elsewhere.example' });
  const refused = new Promise((resolve) => {
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
  });
  socket.on('error', () => {});
  assert.equal(await refused, 403);
  socket.terminate();
});
