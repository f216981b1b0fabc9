package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Operators plan by the table of limits.
func TestTheTableOfLimitsSaysWhatTheLimitsAre(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	config, in := defaultConfig(), message.NewPrinter(language.English)
	for _, row := range []string{
		in.Sprintf("| connections | %d |", config.Access.MaxConnections),
		in.Sprintf("| subscriptions of one caller | %d |", config.Access.MaxSubscriptions),
		in.Sprintf("| time to answer a request | %d s |", config.RequestTimeout/time.Second),
		in.Sprintf("| headers | %d KiB, within %d s |", maxHeader>>10, headerTimeout/time.Second),
		in.Sprintf("no pause of more than %d s; after %[1]d s, %d KiB a second on average; %d minutes in all",
			bodyPace.pause/time.Second, bodyPace.rate>>10, bodyPace.whole/time.Minute),
		in.Sprintf("| events that wait to be stored | %d MiB, ", config.QueueBytes>>20),
		in.Sprintf("| one event | %d MiB, %d levels deep; a `unique_id` of %d bytes |", audit.MaxEventBytes>>20, audit.MaxDepth, audit.MaxUniqueID),
		in.Sprintf("| reading an answer | %d minute;", answerTimeout/time.Minute),
		in.Sprintf("| idle connection | %d minutes |", idleTimeout/time.Minute),
		in.Sprintf("| rows of a page, in every API | %d |", audit.MaxPageSize),
		in.Sprintf("| search | %d bytes, %d parts, %d groups inside each other |", query.MaxBytes, query.MaxNodes, query.MaxNested),
		in.Sprintf("| time to stop | %d s |", config.DrainTimeout/time.Second),
	} {
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/operations.md lacks %s", row)
		}
	}
	for _, flag := range []string{"max-connections", "max-subscriptions", "rate-limit", "rate-burst", "request-timeout", "queue-bytes", "drain-timeout"} {
		if !strings.Contains(string(page), fmt.Sprintf("`--%s`", flag)) {
			t.Errorf("docs/operations.md lacks --%s", flag)
		}
	}
}
