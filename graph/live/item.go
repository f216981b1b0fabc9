package live

import (
	"sync"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

// Item is a row of a feed.
type Item struct {
	Record   *audit.Record
	Position audit.Position // just after it
	// Flow is what the row comes to, put together once for all who ask; nil in a
	// feed of events.
	Flow func() *audit.Flow
}

// Document returns the row as filters see it; a flow as it is now.
func (i Item) Document() query.Document {
	if i.Flow != nil {
		return flow.Document(i.Flow())
	}
	return i.Record.Document()
}

// items returns the rows of a batch.
func (t *Tail) items(batch audit.FeedBatch) []Item {
	items := make([]Item, len(batch.Records))
	for i, record := range batch.Records {
		items[i] = Item{Record: record, Position: batch.Positions[i]}
		if t.flowOf != nil {
			items[i].Flow = sync.OnceValue(func() *audit.Flow { return t.flowOf(record) })
		}
	}
	return items
}
