"""What Schemathesis cannot know of the GraphQL schema: how its own scalars are written."""

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

TIMES = [
    "2026-11-01", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00.123456789+05:30", "now", "now-1day", "in 3 days",
    "0000-00-00", "9999-12-31T23:59:59Z", "yesterday-ish", "",
]
schemathesis.graphql.scalar("DateTime", st.sampled_from(TIMES).map(nodes.String))
schemathesis.graphql.scalar("JSON", st.text(max_size=20).map(nodes.String))
