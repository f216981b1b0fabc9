package query

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestASearchOverLoginFlowsKnowsTheirFields(t *testing.T) {
	t.Parallel()
	for search, want := range map[string]Node{
		`outcome:denied`:               FieldValue{Field: FlowOutcome, Value: "denied"},
		`failed_stage:"MFA Challenge"`: FieldValue{Field: FlowFailedStage, Value: "mfa challenge"},
		`retries:2`:                    FieldValue{Field: FlowRetries, Value: "2"},
		`has:conflict`:                 Has{Field: FlowConflict},
		`via:tok*`:                     FieldValue{Field: FlowVia, Value: "tok", Prefix: true},
		`user_id:ann`:                  FieldValue{Field: UserID, Value: "ann"},
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
