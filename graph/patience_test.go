package graph

import (
	"context"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/graph/live"
	"github.com/authtrail/authtrail/graph/node"
)

func TestAReaderThatDoesNotReadIsGivenUp(t *testing.T) {
	t.Parallel()
	record := &audit.Record{Kind: audit.KindAuth, Org: "o", UniqueID: "a"}
	stalled := &subscription[node.AuthAudit]{scope: audit.AllOrgs(), kind: audit.KindAuth, patience: time.Millisecond,
		node: func(live.Item) *node.AuthAudit { return nil }, out: make(chan *node.AuthAudit)}
	err := stalled.send(context.Background(), []live.Item{{Record: record, Position: "p"}})
	if known := audit.AsError(err); known == nil || known.Code != audit.Unavailable {
		t.Errorf("got %v", err)
	}
}
