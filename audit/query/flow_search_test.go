package query

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestASearchOverLoginFlowsKnowsTheirFields(t *testing.T) {
	t.Parallel()
	for search, want := range map[string]Node{
		`outcome:denied`:               FieldValue{Field: FlowOutcome, Value: "denied"},
		`failed_stage:"MFA Challenge"`: FieldValue{Field: FlowFailedStage, Value: "mfa challenge"},
		`retries:2`:                    FieldValue{Field: FlowRetries, Value: "2"},
		`retries:=02`:                  FieldValue{Field: FlowRetries, Value: "2"},
		`retries:>0`:                   NumberRange{Field: FlowRetries, Min: new(int64(1))},
		`duration_ms:<=5`:              NumberRange{Field: FlowDurationMS, Max: new(int64(6))},
		`-duration_ms:">= 5"`:          Not{NumberRange{Field: FlowDurationMS, Min: new(int64(5))}},
		`ended_at:<2026-11-01`:         NumberRange{Field: FlowEndedAt, Max: new(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).UnixNano())},
		`outcome:TIMED_OUT`:            FieldValue{Field: FlowOutcome, Value: "timed_out"},
		`outcome:in*`:                  FieldValue{Field: FlowOutcome, Value: "in", Prefix: true},
		`has:outcome`:                  Has{Field: FlowOutcome},
		`open:TRUE`:                    FieldValue{Field: FlowOpen, Value: "true"},
		`has:conflict`:                 Has{Field: FlowConflict},
		`via:tok*`:                     FieldValue{Field: FlowVia, Value: "tok", Prefix: true},
		`user_id:ann`:                  FieldValue{Field: UserID, Value: "ann"},
		`Failed`:                       Or{[]Node{Words{Tokens: []string{"failed"}}, FieldValue{Field: FlowOutcome, Value: "failed"}}},
		`-"timed out"`:                 Not{Or{[]Node{Words{Tokens: []string{"timed", "out"}}, FieldValue{Field: FlowOutcome, Value: "timed_out"}}}},
		`in_progress`:                  Or{[]Node{Words{Tokens: []string{"in", "progress"}}, FieldValue{Field: FlowOutcome, Value: "in_progress"}}},
		`fail*`:                        Words{Tokens: []string{"fail"}, Prefix: true},
		`failure`:                      Words{Tokens: []string{"failure"}},
	} {
		n, err := ParseFlows(search, pageNow)
		if err != nil || !Equal(n, want) {
			t.Errorf("%s is %#v (%v), want %#v", search, n, err, want)
		}
		if n == nil {
			continue
		}
		if again, err := ParseFlows(n.String(), pageNow); err != nil || !Equal(again, n) {
			t.Errorf("%s prints %s, which is %#v (%v)", search, n, again, err)
		}
	}
	_, err := Parse(`outcome:denied`, pageNow)
	if err == nil || !strings.Contains(err.Error(), "unknown field") {
		t.Errorf("over records: %v", err)
	}
	_, err = ParseFlows(`outcom:denied`, pageNow)
	if err == nil || !strings.Contains(err.Error(), `perhaps you meant "outcome"`) {
		t.Errorf("a misspelt one: %v", err)
	}
	if _, err = ParseFlows(strings.Repeat("x", MaxBytes+1), pageNow); err == nil {
		t.Error("a search of any length was read")
	}
}

func TestAValueThatNoFlowCanHaveIsAMistake(t *testing.T) {
	t.Parallel()
	for search, want := range map[string]string{
		`okta outcome:wibble`: `column 14: unknown outcome "wibble"; there are succeeded, denied, failed, timed_out, expired, abandoned, in_progress`,
		`outcome:deneid`:      `column 9: unknown outcome "deneid"; perhaps you meant denied; there are`,
		`outcome:x*`:          `unknown outcome "x"`,
		`retries:two`:         `column 9: expected a whole number after retries:, for example retries:>=2`,
		`retries:>`:           `expected a whole number after retries:>`,
		`retries:2*`:          `a number takes no *; write a range, as in retries:>=1000 retries:<2000`,
		`retries:=>2`:         `unknown comparison "=>"`,
		`duration_ms:1.5`:     `expected a whole number`,
		`duration_ms:1` + strings.Repeat("0", 30): `expected a whole number`,
		`ended_at:soon`: `unreadable time "soon"`,
		`open:false`:    `expected open:true; for flows that were closed, write -has:open`,
	} {
		if _, err := ParseFlows(search, pageNow); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", search, err, want)
		}
	}
}

func TestARangeOfTimeIsOneOfEnds(t *testing.T) {
	t.Parallel()
	n, err := ParseFlows(`ended_at:2026-11-01`, pageNow)
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	if want := AllOf(NumberRange{Field: FlowEndedAt, Min: new(day.UnixNano())}, NumberRange{Field: FlowEndedAt, Max: new(day.AddDate(0, 0, 1).UnixNano())}); !Equal(n, want) {
		t.Errorf("got %s, want %s", n, want)
	}
	if again, err := ParseFlows(n.String(), pageNow); err != nil || !Equal(again, n) {
		t.Errorf("it prints %s, which is %v (%v)", n, again, err)
	}
}

func TestFieldsOfFlowsOnTheUsersPageAreAllThereAre(t *testing.T) {
	t.Parallel()
	var listed []Field
	for _, row := range tableRows(t, searchPage(t), "| Field of a flow | Holds |") {
		listed = append(listed, Field(code(row[0])))
		for _, example := range regexp.MustCompile("`([a-z_]+:[^`]+)`").FindAllStringSubmatch(row[1], -1) {
			if _, err := ParseFlows(example[1], pageNow); err != nil {
				t.Errorf("%s: %v", example[1], err)
			}
		}
	}
	if !slices.Equal(listed, FlowFields) {
		t.Errorf("the page lists %v, want %v", listed, FlowFields)
	}
}
