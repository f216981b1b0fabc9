import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-sse';

// The page is served one level below the root, beside the API.
const url = new URL('../graphql', document.baseURI).href;

let letIn;

/** The headers of the first request of the visitor that the server has data for. */
export const admission = new Promise((resolve) => {
  letIn = resolve;
});

/** Sends queries and mutations by POST, and subscribes over server-sent events. */
export function fetcher(request, { headers } = {}) {
  return isSubscription(request) ? subscribe(request, headers) : ask(request, headers);
}

async function ask(request, headers) {
  const result = await post(request, headers);
  if (result.data) letIn(headers);
  return result;
}

// GraphiQL's own parsed document is missing until the schema has been read.
function isSubscription({ query, operationName }) {
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'subscription';
  } catch {
    return false; // the server says what is wrong with it
  }
}

/** Sends a request by POST, and returns the answer whatever its status is. */
export async function post(request, headers, signal) {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json;q=0.9',
        ...headers,
      },
      body: JSON.stringify(request),
      signal,
    });
    return await answer(response);
  } catch (error) {
    throw readable(error);
  }
}

function subscribe(request, headers) {
  return {
    subscribe(observer) {
      let refusal;
      const client = createClient({
        url,
        headers,
        retryAttempts: 0, // a lost connection is shown, rather than a tail with a silent gap
        async fetchFn(...args) {
          const response = await fetch(...args);
          if (response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
          refusal = await answer(response);
          throw new Error('refused');
        },
      });
      const refused = () => {
        observer.next(refusal);
        observer.complete();
      };
      const unsubscribe = client.subscribe(request, {
        next: (result) => observer.next(result),
        complete: () => observer.complete(),
        error: (error) => (refusal ? refused() : observer.error(readable(error))),
      });
      return { unsubscribe };
    },
  };
}

async function answer(response) {
  const body = await response.text();
  try {
    return JSON.parse(body);
  } catch {
    throw new Error(`The server answered ${response.status} ${response.statusText} ${body.slice(0, 500)}`.trim());
  }
}

// GraphiQL prints all of an Error, and with it a stack of minified code.
const readable = ({ message }) => ({ message });
