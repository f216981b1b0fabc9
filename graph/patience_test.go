package graph

import (
	"context"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/graph/node"
)

func TestAReaderThatDoesNotReadIsGivenUp(t *testing.T) {
	t.Parallel()
	record := &audit.Record{Kind: audit.KindAuth, Org: "o", UniqueID: "a"}
	stalled := &tail{resolver: &resolver{patience: time.Millisecond}, scope: audit.AllOrgs(), added: make(chan *node.AuthAudit)}
	err := stalled.send(context.Background(), audit.FeedBatch{Records: []*audit.Record{record}, Positions: []audit.Position{"p"}})
	if known := audit.AsError(err); known == nil || known.Code != audit.Unavailable {
		t.Errorf("got %v", err)
	}
}
