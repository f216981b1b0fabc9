package flow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// What a revision changes beside fields (see audit.FlowChange).
const (
	changedRecords   = "records"
	changedLinks     = "links"
	changedConflicts = "conflicts"
	changedTruncated = "truncated"
)

// maxChanged is how many runes of a value a change shows.
const maxChanged = 200

// revisedFields are the fields whose changes a revision tells. What follows from the
// records alone, such as the shape, is not among them.
var revisedFields = []struct {
	name string
	of   func(*audit.Flow) string
}{
	{string(query.FlowOutcome), func(f *audit.Flow) string { return string(f.Outcome) }},
	{string(query.FlowLastStage), func(f *audit.Flow) string { return f.LastStage }},
	{string(query.FlowFailedStage), func(f *audit.Flow) string { return f.FailedStage }},
	{string(query.FlowRetries), func(f *audit.Flow) string { return strconv.Itoa(f.Retries) }},
	{string(query.UserID), func(f *audit.Flow) string { return f.UserID }},
	{string(query.UpstreamUserID), func(f *audit.Flow) string { return f.UpstreamUserID }},
	{string(query.ApplicationName), func(f *audit.Flow) string { return f.ApplicationName }},
	{string(query.UpstreamIDP), func(f *audit.Flow) string { return f.UpstreamIDP }},
	{changedTruncated, func(f *audit.Flow) string { return strconv.FormatBool(f.Truncated) }},
}

// changesOf tells how a flow changed; nothing when it did not.
func changesOf(before, after *Stitched) []audit.FlowChange {
	came, went := notIn(before, after), notIn(after, before)
	relinked, doubted := isRelinked(before, after), !slices.Equal(before.Conflicts, after.Conflicts)
	if len(came)+len(went) == 0 && !relinked && !doubted && before.Truncated == after.Truncated {
		return nil
	}
	var changes []audit.FlowChange
	if len(came)+len(went) > 0 {
		changes = append(changes, audit.FlowChange{Field: changedRecords, Came: came, Went: went})
	}
	was, _ := before.summary()
	is, _ := after.summary()
	for _, field := range revisedFields {
		if from, to := field.of(was), field.of(is); from != to {
			changes = append(changes, audit.FlowChange{Field: field.name, From: plainName(from, maxChanged), To: plainName(to, maxChanged)})
		}
	}
	if relinked {
		changes = append(changes, audit.FlowChange{Field: changedLinks, From: linksTold(before), To: linksTold(after)})
	}
	if doubted {
		changes = append(changes, audit.FlowChange{Field: changedConflicts, From: conflictsTold(before), To: conflictsTold(after)})
	}
	return changes
}

func viaByRecord(s *Stitched) map[string]audit.LinkVia {
	via := make(map[string]audit.LinkVia, len(s.Links))
	for _, link := range s.Links {
		via[link.Record.UniqueID] = link.Via
	}
	return via
}

// isRelinked reports whether a record that stayed is tied to the flow by another id now.
func isRelinked(before, after *Stitched) bool {
	was := viaByRecord(before)
	return slices.ContainsFunc(after.Links, func(link audit.Link) bool {
		via, stayed := was[link.Record.UniqueID]
		return stayed && via != link.Via
	})
}

// notIn returns the unique_ids of the other's records that a flow does not have.
func notIn(s, other *Stitched) []string {
	held := viaByRecord(s)
	var ids []string
	for _, link := range other.Links {
		if held[link.Record.UniqueID] == "" {
			ids = append(ids, link.Record.UniqueID)
		}
	}
	return ids
}

// linksTold counts the links, as in "5 REQUEST, 1 TRACE".
func linksTold(s *Stitched) string {
	var counts [len(vias)]int
	for _, link := range s.Links {
		counts[viaNumber(link.Via)]++
	}
	var told []string
	for i, n := range counts {
		if n > 0 {
			told = append(told, fmt.Sprintf("%d %s", n, vias[i]))
		}
	}
	return strings.Join(told, ", ")
}

// conflictsTold lists the ids that were not followed.
func conflictsTold(s *Stitched) string {
	return plainName(strings.Join(conflictNames(s.Conflicts), ", "), maxChanged)
}

// conflictNames returns key and value of each id that was not followed.
func conflictNames(conflicts []audit.FlowConflict) []string {
	var names []string
	for _, c := range conflicts {
		if name := c.Key + "=" + c.Value; len(names) == 0 || names[len(names)-1] != name { // they are sorted
			names = append(names, name)
		}
	}
	return names
}
