import query from './examples.graphql?raw';
import { post } from './fetcher.js';

/** How long to wait for them, in milliseconds: a first visit begins with that. */
const patience = 3000;

/**
 * What the tabs can ask about on this server: a token, an organisation, and a
 * login that failed although the user's earlier ones did not. Of a server that
 * wants a token first, or has no records yet, nothing is known.
 */
export async function examples(headers) {
  try {
    const { data } = await post({ query }, headers, AbortSignal.timeout(patience));
    const failed = data.failed.nodes.find((flow) => data.succeeded.nodes.some(isBefore(flow))) ?? data.failed.nodes[0];
    return {
      tokenId: data.intruder.nodes[0]?.tokenId ?? data.issued.nodes[0]?.tokenId,
      orgId: data.newest.nodes[0]?.orgId,
      failedFlow: failed && (failed.requestId ?? failed.id),
    };
  } catch {
    return {};
  }
}

// As compareLoginFlows looks for the flow to compare another with.
const isBefore = (flow) => (other) =>
  userOf(flow) &&
  userOf(flow) === (flow.userId ? other.userId : other.upstreamUserId) &&
  flow.orgId === other.orgId &&
  new Date(other.startedAt) < new Date(flow.startedAt);

const userOf = ({ userId, upstreamUserId }) => userId ?? upstreamUserId;
