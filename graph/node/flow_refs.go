package node

import (
	"context"
	"fmt"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// flowRefs are login flows that an answer names, to be read together when one of
// them is asked for.
type flowRefs struct {
	reader *Reader
	keys   []audit.LookupKey // by the flows' own ids
	memo   memo
}

// maxFlowRefs is how many of them one request may read.
const maxFlowRefs = 5_000

// flowRef is one of them.
type flowRef struct {
	refs *flowRefs
	at   int
}

// add adds a flow by its id.
func (f *flowRefs) add(org, id string) flowRef {
	f.keys = append(f.keys, audit.LookupKey{Org: org, Value: id})
	return flowRef{refs: f, at: len(f.keys) - 1}
}

// summary adds the flow of a summary; nil adds none.
func (f *flowRefs) summary(of *audit.Flow) flowRef {
	if of == nil {
		return flowRef{}
	}
	return f.add(of.Org, of.ID)
}

// read returns the flow; nil when there is none, or when it was removed meanwhile.
func (r flowRef) read(ctx context.Context) (*LoginFlow, error) {
	if r.refs == nil {
		return nil, nil
	}
	if len(r.refs.keys) > maxFlowRefs {
		return nil, &audit.Error{Code: audit.TooComplex,
			Message: fmt.Sprintf("these are more than %d login flows; ask for fewer rows, or without their flows", maxFlowRefs)}
	}
	flows, err := once(&r.refs.memo, "flows", func() ([]*LoginFlow, error) {
		found, err := r.refs.reader.flowRows(ctx, query.UniqueID, r.refs.keys)
		return loginFlowsOn(r.refs.reader, found), err
	})
	if err != nil {
		return nil, err
	}
	return flows[r.at], nil
}
