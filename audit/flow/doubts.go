package flow

import (
	"fmt"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// doubts tell what is not sure of a flow: records that are in it by a token or a
// session only, that it stands alone, ids that were not followed.
func (a *account) doubts() []part {
	var doubts []part
	if tied := a.undeciding(); len(tied) > 0 {
		doubts = append(doubts, clause("", numbered(len(tied), "is", "are")+
			" part of it by a token or a session only, and not taken into account", tied...))
	}
	if a.flow.RequestID == "" && len(a.flow.Records) > 1 {
		doubts = append(doubts, clause("", "its records have no request_id, so they may be of more than one attempt", a.flow.Records...))
	} else if a.flow.RequestID == "" {
		doubts = append(doubts, clause("", "its record has no request_id, so it may be of another attempt", a.flow.Records...))
	}
	return append(doubts, a.refused()...)
}

// refused tells of the ids that were not followed: of one, why; of several, how many.
func (a *account) refused() []part {
	var reasons []string
	var cited []*audit.Record
	ids := map[string]bool{}
	for _, c := range a.flow.Conflicts {
		if !ids[c.Key+" "+c.Value] {
			cited = append(cited, a.having(c)...)
		}
		ids[c.Key+" "+c.Value] = true
		reasons = append(reasons, c.Reason)
	}
	switch c := a.flow.Conflicts; len(ids) {
	case 0:
		return nil
	case 1:
		return []part{clause("", fmt.Sprintf("the %s %s was not followed, since %s",
			c[0].Key, plainName(c[0].Value, maxName), strings.Join(reasons, ", and ")), cited...)}
	}
	return []part{clause("", fmt.Sprintf("%d ids were not followed that might lead to further records", len(ids)), ordered(cited)...)}
}

// undeciding returns the records that were not read for the outcome.
func (a *account) undeciding() []*audit.Record {
	read := map[*audit.Record]bool{}
	for _, r := range a.end.read {
		read[r] = true
	}
	var others []*audit.Record
	for _, r := range a.flow.Records {
		if !read[r] {
			others = append(others, r)
		}
	}
	return others
}

// having returns the records with the id of a conflict, or else those that it
// kept from the attempt whose id it is.
func (a *account) having(c audit.FlowConflict) []*audit.Record {
	var having []*audit.Record
	for _, r := range a.flow.Records {
		if valueOf(r, query.Field(c.Key)) == c.Value {
			having = append(having, r)
		}
	}
	if having == nil {
		return a.flow.Records
	}
	return having
}

func numbered(n int, is, are string) string {
	if n == 1 {
		return "one record " + is
	}
	return fmt.Sprintf("%d records %s", n, are)
}
