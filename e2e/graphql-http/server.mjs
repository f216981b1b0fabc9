// The running server, and what the tests here ask of it.
import { randomUUID } from 'node:crypto';

export const origin = (process.env.AUTHTRAIL_URL ?? 'http://127.0.0.1:8080').replace(/\/$/, '');
export const endpoint = `${origin}/graphql`;

const token = process.env.AUTHTRAIL_TOKEN;
export const headers = token ? { authorization: `Bearer ${token}` } : {};

export const liveTail = `
  subscription LiveTail($after: String, $search: String) {
    authAuditAdded(after: $after, search: $search) { uniqueId eventName position }
  }
`;

// Sends one event through the REST API, as the SDK does, and returns its unique id.
export async function sendEvent() {
  const uniqueId = `e2e-${randomUUID()}`;
  const event = {
    unique_id: uniqueId,
    create_time: new Date().toISOString(),
    event: { subsystem: 'auth', event_name: 'Token', org_id: 'org-e2e', user_id: 'user-e2e', result: 'Success' },
  };
  const answer = await fetch(`${origin}/v1/bulk_audit_events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ events: [event] }),
  });
  if (answer.status !== 201) throw new Error(`the event was not taken: ${answer.status} ${await answer.text()}`);
  return uniqueId;
}

// The feed's position now: a subscription from there misses nothing.
export async function position() {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: '{ authAudits(first: 1) { position } }' }),
  });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(errors[0].message);
  return data.authAudits.position;
}

// Reads results until one is of the event with that id. Others may be sending too.
export async function receive(results, uniqueId) {
  for await (const { data, errors } of results) {
    if (errors) throw new Error(errors[0].message);
    if (data.authAuditAdded.uniqueId === uniqueId) return data.authAuditAdded;
  }
  throw new Error('the subscription ended before the event came');
}
