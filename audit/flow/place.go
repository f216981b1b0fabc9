package flow

import "github.com/authtrail/authtrail/audit"

// Places between rows. All flows of one time and org form a group, since their
// anchors come in the order of unique_id and not of request id; a scan begins
// and stops only between groups.
const (
	beforeIDs = ""  // lies before every unique_id and request id
	afterIDs  = "~" // lies after every unique_id, which has only letters, digits, '.', '_' and '-'
)

// stop returns the place behind the group that came by last.
//
// There is no last request id. Ascending, the place is therefore the beginning
// of the next possible org.
func (s *scan) stop() *audit.FlowCursor {
	place := &audit.FlowCursor{Order: s.walk.order, Time: s.at.Time, Org: s.at.Org, RequestID: beforeIDs}
	if s.walk.order.Ascending {
		place.Org += "\x00"
	}
	return place
}

// ahead returns the record place from which every flow behind the place comes by.
func (s *scan) ahead(place *audit.FlowCursor) *audit.Cursor {
	if place == nil {
		return nil
	}
	if s.walk.order.Ascending || place.RequestID == beforeIDs {
		return s.recordPlace(place, beforeIDs)
	}
	return s.recordPlace(place, afterIDs)
}

// behind returns the record place by which every flow before the place has come by.
func (s *scan) behind(place *audit.FlowCursor) *audit.Cursor {
	switch {
	case place == nil:
		return nil
	case s.walk.order.Ascending:
		return s.recordPlace(place, afterIDs)
	}
	return s.recordPlace(place, beforeIDs)
}

func (s *scan) recordPlace(place *audit.FlowCursor, uniqueID string) *audit.Cursor {
	return &audit.Cursor{Kinds: s.records.Kinds, Order: s.records.Order, Time: place.Time, Org: place.Org, UniqueID: uniqueID}
}
