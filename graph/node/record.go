package node

import (
	"context"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/graph/model"
)

// rows are records that were read together: the siblings whose joins are loaded together.
type rows struct {
	reader  *Reader
	records []*audit.Record
	search  query.Node // what found them; to highlight
	memo    memo
}

// row is one of them.
type row struct {
	rows *rows
	at   int
}

func (r row) record() *audit.Record { return r.rows.records[r.at] }

// ID is the global id.
func (r row) ID() string {
	record := r.record()
	return globalID{kind: recordKinds[record.Kind], org: record.Org, id: record.UniqueID}.String()
}

// BulkEvent is the bulk event as it was sent.
func (r row) BulkEvent() model.JSON { return model.JSON(r.record().Raw) }

// LoginFlow is the flow that the record is part of.
func (r row) LoginFlow(ctx context.Context) (*LoginFlow, error) {
	flows, err := once(&r.rows.memo, "loginFlow", func() ([]*LoginFlow, error) { return r.rows.loginFlows(ctx) })
	if err != nil {
		return nil, err
	}
	return flows[r.at], nil
}

// SessionView is the session that the record names.
func (r row) SessionView(context.Context) *Session {
	found := shared(&r.rows.memo, query.Session, func() []*strand { return r.rows.strands(query.Session) })
	if found[r.at] == nil {
		return nil
	}
	return &Session{*found[r.at]}
}

// Trace is the HTTP request that the record names.
func (r row) Trace(context.Context) *Trace {
	found := shared(&r.rows.memo, query.TraceID, func() []*strand { return r.rows.strands(query.TraceID) })
	if found[r.at] == nil {
		return nil
	}
	return &Trace{*found[r.at]}
}

// strands returns what each row's id ties together, nil where it has no such id.
func (r *rows) strands(field query.Field) []*strand {
	keys, places := distinct(r.records, func(record *audit.Record) (audit.LookupKey, bool) {
		id, ok := record.Get(field)
		return audit.LookupKey{Org: record.Org, Value: id}, ok && id != ""
	})
	return placed(newStrands(r.reader, field, keys), places)
}

// distinct returns the different keys of the items, and for each item the index
// of its key, -1 where it has none.
func distinct[T any, K comparable](items []T, keyOf func(T) (K, bool)) (keys []K, places []int) {
	index := map[K]int{}
	places = make([]int, len(items))
	for i, item := range items {
		key, ok := keyOf(item)
		if !ok {
			places[i] = -1
			continue
		}
		at, known := index[key]
		if !known {
			at = len(keys)
			index[key] = at
			keys = append(keys, key)
		}
		places[i] = at
	}
	return keys, places
}

// placed returns the node at each place, nil for -1.
func placed[T any](nodes []*T, places []int) []*T {
	answer := make([]*T, len(places))
	for i, at := range places {
		if at >= 0 {
			answer[i] = nodes[at]
		}
	}
	return answer
}
