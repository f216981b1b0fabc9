package audit

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"hash/crc32"
	"strconv"
	"strings"
	"time"
)

// FlowCursor is a place in an ordered list of flows.
type FlowCursor struct {
	Order     FlowOrder `json:"o"`
	Time      time.Time `json:"t"` // StartedAt or EndedAt, as the order says
	Org       string    `json:"g"`
	RequestID string    `json:"r"`
}

// CursorAt returns the place of a flow in a list of this order.
func (o FlowOrder) CursorAt(f *Flow) FlowCursor {
	at := f.StartedAt
	if o.Field == ByEnd {
		at = f.EndedAt
	}
	return FlowCursor{Order: o, Time: at, Org: f.Org, RequestID: f.RequestID}
}

// Compare orders two places of one list: negative when c comes first. Ties on
// time go by org, then request id, and a descending list is an ascending one in
// reverse.
func (c FlowCursor) Compare(other FlowCursor) int {
	by := cmp.Or(c.Time.Compare(other.Time), cmp.Compare(c.Org, other.Org), cmp.Compare(c.RequestID, other.RequestID))
	if c.Order.Ascending {
		return by
	}
	return -by
}

const flowCursorPrefix = "f1_"

// String returns the opaque form.
func (c FlowCursor) String() string {
	b, err := json.Marshal(c)
	if err != nil { // a time outside the years 0–9999, which no record has
		return ""
	}
	return flowCursorPrefix + strconv.FormatUint(uint64(crc32.ChecksumIEEE(b)), 36) + "_" +
		base64.RawURLEncoding.EncodeToString(b)
}

// ParseFlowCursor reads what String returned for a list in this order. Anything
// else is a BadUserInput.
func ParseFlowCursor(text string, order FlowOrder) (FlowCursor, error) {
	bad := Invalid("", "not a cursor of this list of flows; pass one back exactly as it was returned")
	rest, ok := strings.CutPrefix(text, flowCursorPrefix)
	sum, body, both := strings.Cut(rest, "_")
	if !ok || !both {
		return FlowCursor{}, bad
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil || strconv.FormatUint(uint64(crc32.ChecksumIEEE(b)), 36) != sum {
		return FlowCursor{}, bad
	}
	var c FlowCursor
	if err := json.Unmarshal(b, &c); err != nil || c.String() != text || !InTimeRange(c.Time) {
		return FlowCursor{}, bad
	}
	if c.Order != order {
		return FlowCursor{}, Invalid("", "the cursor belongs to another order; start again without it")
	}
	return c, nil
}
