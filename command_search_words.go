package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/authtrail/authtrail/audit/query"
)

// resultWords are what people call a result, which records write in other words.
var resultWords = map[string]string{
	"failed": "failure", "fail": "failure", "failure": "failure", "denied": "denied", "timeout": "timeout",
	"succeeded": "success", "successful": "success", "success": "success",
}

// otherWords says how results and outcomes are searched for, where a search that
// found nothing has one as a word.
func (c searchCommand) otherWords() string {
	for word := range strings.FieldsSeq(strings.ToLower(c.Search)) {
		result, ok := resultWords[word]
		if !ok || c.Flows && slices.Contains(query.FlowOutcomes, word) { // which is no mere word there
			continue
		}
		if c.Flows {
			return fmt.Sprintf("; %q is looked for as a word: how attempts ended is found with outcome:failed, outcome:denied or outcome:succeeded", word)
		}
		return fmt.Sprintf("; %q is looked for as a word: results are found with result:%s, and how attempts ended with --flows 'outcome:failed'", word, result)
	}
	return ""
}
