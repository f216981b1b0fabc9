import accessDenied from './tabs/why-was-access-denied.graphql?raw';
import accessDeniedVariables from './tabs/why-was-access-denied.json?raw';
import failedAttempts from './tabs/failed-attempts.graphql?raw';
import failedAttemptsVariables from './tabs/failed-attempts.json?raw';
import liveTail from './tabs/live-tail.graphql?raw';
import liveTailVariables from './tabs/live-tail.json?raw';
import sessionNext from './tabs/what-did-the-session-do-next.graphql?raw';
import sessionNextVariables from './tabs/what-did-the-session-do-next.json?raw';
import whoSignsIn from './tabs/who-signs-in.graphql?raw';
import whoSignsInVariables from './tabs/who-signs-in.json?raw';

/** What a first visit opens with. */
export const defaultTabs = [
  { query: accessDenied, variables: accessDeniedVariables },
  { query: sessionNext, variables: sessionNextVariables },
  { query: failedAttempts, variables: failedAttemptsVariables },
  { query: whoSignsIn, variables: whoSignsInVariables },
  { query: liveTail, variables: liveTailVariables },
];

/**
 * The tab to start on: the visitor's last one, or the first of ours. GraphiQL
 * would fill its editors from a separate record of the last query, which knows
 * no variables on a first visit, and adds a tab whenever it matches none.
 */
export function startingTab() {
  try {
    const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem('graphiql:tabState'));
    return tabs[activeTabIndex] ?? defaultTabs[0];
  } catch {
    return defaultTabs[0];
  }
}
