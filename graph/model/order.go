package model

import (
	"io"

	"github.com/authtrail/authtrail/audit"
)

// RecordOrder is any of the inputs AuthAuditOrder, AuditOrder and EventOrder.
type RecordOrder struct {
	Field     RecordOrderField
	Direction OrderDirection
}

// RecordOrderField is a value of the enum of any of those inputs.
type RecordOrderField string

// What records can be ordered by.
const (
	OrderByTime      RecordOrderField = "TIME"
	OrderByRelevance RecordOrderField = "RELEVANCE"
)

// MarshalGQL implements graphql.Marshaler.
func (f RecordOrderField) MarshalGQL(w io.Writer) { writeName(w, string(f)) }

// UnmarshalGQL implements graphql.Unmarshaler.
func (f *RecordOrderField) UnmarshalGQL(value any) error { return readName(f, value) }

// Order returns the order that a query asks for; none is newest first.
func (o *RecordOrder) Order() audit.Order {
	switch {
	case o == nil:
		return audit.Order{}
	case o.Field == OrderByRelevance:
		return audit.Order{Field: audit.ByRelevance}
	}
	return audit.Order{Ascending: o.Direction == OrderDirectionAsc}
}

// Order returns the order that a query for login flows asks for; none is the
// latest start first.
func (o *LoginFlowOrder) Order() audit.Order {
	if o == nil {
		return audit.Order{}
	}
	fields := map[LoginFlowOrderField]audit.OrderField{LoginFlowOrderFieldStartedAt: audit.ByTime,
		LoginFlowOrderFieldEndedAt: audit.ByEndedAt, LoginFlowOrderFieldDuration: audit.ByDuration}
	return audit.Order{Field: fields[o.Field], Ascending: o.Direction == OrderDirectionAsc}
}
