import { examples } from './examples.js';
import addADestination from './tabs/add-a-destination.graphql?raw';
import addADestinationVariables from './tabs/add-a-destination.json?raw';
import attacks from './tabs/attacks.graphql?raw';
import attacksVariables from './tabs/attacks.json?raw';
import doDestinationsWork from './tabs/do-destinations-work.graphql?raw';
import doDestinationsWorkVariables from './tabs/do-destinations-work.json?raw';
import failedAttempts from './tabs/failed-attempts.graphql?raw';
import failedAttemptsVariables from './tabs/failed-attempts.json?raw';
import funnel from './tabs/funnel.graphql?raw';
import funnelVariables from './tabs/funnel.json?raw';
import liveLogins from './tabs/live-logins.graphql?raw';
import liveLoginsVariables from './tabs/live-logins.json?raw';
import liveTail from './tabs/live-tail.graphql?raw';
import liveTailVariables from './tabs/live-tail.json?raw';
import stolenToken from './tabs/stolen-token.graphql?raw';
import stolenTokenVariables from './tabs/stolen-token.json?raw';
import verdicts from './tabs/verdicts.graphql?raw';
import verdictsVariables from './tabs/verdicts.json?raw';
import sessionNext from './tabs/what-did-the-session-do-next.graphql?raw';
import sessionNextVariables from './tabs/what-did-the-session-do-next.json?raw';
import compare from './tabs/what-was-different.graphql?raw';
import compareVariables from './tabs/what-was-different.json?raw';
import whoHasRead from './tabs/who-has-read.graphql?raw';
import whoHasReadVariables from './tabs/who-has-read.json?raw';
import whoSignsIn from './tabs/who-signs-in.graphql?raw';
import whoSignsInVariables from './tabs/who-signs-in.json?raw';
import accessDenied from './tabs/why-was-access-denied.graphql?raw';
import accessDeniedVariables from './tabs/why-was-access-denied.json?raw';

/**
 * The questions that a first visit opens with. Some need an id: `of` returns
 * variables with one that the server has, and without it they say what belongs there.
 */
const questions = [
  { query: accessDenied, variables: accessDeniedVariables },
  { query: verdicts, variables: verdictsVariables },
  { query: compare, variables: compareVariables, of: ({ failedFlow }) => failedFlow && { a: failedFlow } },
  { query: attacks, variables: attacksVariables },
  { query: stolenToken, variables: stolenTokenVariables, of: ({ tokenId }) => tokenId && { by: { tokenId } } },
  { query: sessionNext, variables: sessionNextVariables },
  { query: failedAttempts, variables: failedAttemptsVariables },
  { query: funnel, variables: funnelVariables },
  { query: whoSignsIn, variables: whoSignsInVariables },
  { query: liveTail, variables: liveTailVariables },
  { query: liveLogins, variables: liveLoginsVariables },
  { query: addADestination, variables: addADestinationVariables, of: ({ orgId }) => orgId !== undefined && destinationOf(orgId) },
  { query: doDestinationsWork, variables: doDestinationsWorkVariables },
  { query: whoHasRead, variables: whoHasReadVariables },
];

function destinationOf(orgId) {
  const { spec } = JSON.parse(addADestinationVariables);
  return { spec: { ...spec, orgId } };
}

/**
 * The tabs of a first visit, and the tab to start on: the visitor's last one, or
 * the first of ours. GraphiQL would fill its editors from a separate record of the
 * last query, which knows no variables on a first visit, and adds a tab whenever it
 * matches none.
 */
export async function openTabs() {
  const last = lastTab();
  const known = last ? {} : await examples();
  const defaultTabs = questions.map((question) => ({ query: question.query, variables: filled(question, known) ?? question.variables }));
  return { defaultTabs, start: last ?? defaultTabs[0] };
}

/** Whether variables still say what belongs there. */
export const isUnfilled = (variables) => unfilled(variables) !== undefined;

/** Such variables with an id that the server has; undefined if it has none. */
export const fillIn = (variables, known) => filled(unfilled(variables), known);

const unfilled = (variables) => questions.find((question) => question.of && question.variables.trim() === variables.trim());

function filled({ of }, known) {
  const found = of?.(known);
  return found ? JSON.stringify(found, null, 2) : undefined;
}

/** The tab that the visitor left open; undefined on a first visit. */
function lastTab() {
  try {
    const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem('graphiql:tabState'));
    return tabs[activeTabIndex];
  } catch {
    return undefined;
  }
}
