package flow

import (
	"cmp"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// ID is an id that records of one org may share: a request, trace, token or
// session id; or the unique_id of one record.
type ID struct {
	Field query.Field
	Value string
}

func compareIDs(a, b ID) int {
	return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Value, b.Value))
}

// ties are the ids that lead from a record without a request_id to its attempt,
// strongest first.
var ties = []query.Field{query.TraceID, query.TokenID, query.Session}

// appendIDs appends what the record can be tied by.
func appendIDs(ids []ID, r *audit.Record) []ID {
	for _, field := range ties {
		if value := valueOf(r, field); value != "" {
			ids = append(ids, ID{field, value})
		}
	}
	return ids
}

// requestOf returns the attempt that a record names; empty when it lost it.
func requestOf(r *audit.Record) string { return valueOf(r, query.RequestID) }

func requestID(value string) ID { return ID{query.RequestID, value} }

// Key is what holds a flow together: the request id of an attempt, or, of
// records that stand alone, their trace, their session, or the one record itself.
type Key struct {
	Via   audit.LinkVia // ViaRequest, ViaTrace, ViaSession or ViaRecord
	Value string
}

// FlowID returns the id of the org's flow with this key.
func (k Key) FlowID(org string) string { return id(org, k.Via, k.Value) }

// SharedID returns the id that all records have which may be in the flow on their own account.
func (k Key) SharedID() ID {
	switch k.Via {
	case audit.ViaRequest:
		return requestID(k.Value)
	case audit.ViaTrace:
		return ID{query.TraceID, k.Value}
	case audit.ViaSession:
		return ID{query.Session, k.Value}
	}
	return ID{query.UniqueID, k.Value}
}

// AloneKeys returns the keys under which a record without a request_id may stand
// alone, or may have stood when less was known: its trace, its session, itself.
// One that has a request_id never does.
func AloneKeys(r *audit.Record) []Key {
	if requestOf(r) != "" {
		return nil
	}
	var keys []Key
	if trace := valueOf(r, query.TraceID); trace != "" {
		keys = append(keys, Key{audit.ViaTrace, trace})
	}
	if session := valueOf(r, query.Session); session != "" {
		keys = append(keys, Key{audit.ViaSession, session})
	}
	return append(keys, Key{audit.ViaRecord, r.UniqueID})
}

// strengthOf says how sure a link by an id is.
func strengthOf(via audit.LinkVia) audit.LinkStrength {
	switch via {
	case audit.ViaTrace, audit.ViaToken:
		return audit.Strong
	case audit.ViaSession:
		return audit.Weak
	}
	return audit.Certain
}
