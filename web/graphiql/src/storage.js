/**
 * The browser's storage, but for the headers that GraphiQL's history would
 * keep with each query, and so the token: shouldPersistHeaders does not reach it.
 */
export const storage = {
  getItem: (key) => localStorage.getItem(key),
  setItem: (key, value) => localStorage.setItem(key, isHistory(key) ? withoutHeaders(value) : value),
  removeItem: (key) => localStorage.removeItem(key),
  clear: () => ownKeys().forEach((key) => localStorage.removeItem(key)),
  get length() {
    return ownKeys().length;
  },
};

const ownKeys = () => Object.keys(localStorage).filter((key) => key.startsWith('graphiql:'));

const isHistory = (key) => key === 'graphiql:queries' || key === 'graphiql:favorites';

const withoutHeaders = (json) => JSON.stringify(JSON.parse(json), (key, value) => (key === 'headers' ? '' : value));
