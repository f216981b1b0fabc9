package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/authtrail/authtrail/audit/query"
)

// ending is how records and login flows say what people call by one word.
type ending struct{ result, outcome string }

// endings are what people call a result, by their words for it.
var endings = map[string]ending{
	"failed": {"failure", "failed"}, "fail": {"failure", "failed"}, "failure": {"failure", "failed"},
	"denied": {"denied", "denied"}, "timeout": {"timeout", "timed_out"},
	"succeeded": {"success", "succeeded"}, "successful": {"success", "succeeded"}, "success": {"success", "succeeded"},
}

// otherWords says how results and outcomes are searched for, where a search that
// found nothing has one as a word.
func (c searchCommand) otherWords() string {
	for word := range strings.FieldsSeq(strings.ToLower(c.Search)) {
		end, ok := endings[word]
		if !ok || c.Flows && slices.Contains(query.FlowOutcomes, word) { // which is no mere word there
			continue
		}
		if c.Flows {
			return fmt.Sprintf("; %q is looked for as a word: how attempts ended is found with outcome:%s", word, end.outcome)
		}
		return fmt.Sprintf("; %q is looked for as a word: results are found with result:%s, and how attempts ended with --flows 'outcome:%s'", word, end.result, end.outcome)
	}
	return ""
}
