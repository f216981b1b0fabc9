package format_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/query"
)

// scalars collects the texts of all scalars in a value, and whole JSON objects in
// strings as what is in them.
func scalars(value any, into map[string]bool) {
	switch v := value.(type) {
	case map[string]any:
		for _, inside := range v {
			scalars(inside, into)
		}
	case []any:
		for _, inside := range v {
			scalars(inside, into)
		}
	case string:
		into[v] = true
	default:
		text, _ := json.Marshal(v)
		into[string(text)] = true
	}
}

// decoded returns the scalars of an event in some form.
func decoded(t testing.TB, name, text string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	if name != destination.FormatCEF {
		var event any
		if err := json.Unmarshal([]byte(text), &event); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		scalars(event, found)
		return found
	}
	header, extensions, err := parseCEF(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range header {
		found[part] = true
	}
	for key, value := range extensions {
		found[value] = true
		if strings.HasPrefix(key, "Authtrail") {
			maps.Copy(found, decoded(t, destination.FormatUnified, value))
		}
	}
	return found
}

// sent returns the scalars of the bulk events of a record or a flow.
func sent(t testing.TB, r *audit.Record, rows map[string]*audit.Record) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	if r.Kind != audit.KindFlow {
		return decoded(t, destination.FormatAgilicus, r.Raw)
	}
	for _, id := range r.Values(query.FlowRecordID) {
		if rows[id] == nil {
			t.Fatalf("there is no record %s", id)
		}
		maps.Copy(found, decoded(t, destination.FormatAgilicus, rows[id].Raw))
	}
	return found
}

// sameTime returns a text that is a time as every form that has it may write it.
func sameTime(text string) []string {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return nil
	}
	milliseconds, _ := json.Marshal(at.UnixMilli())
	var number float64
	_ = json.Unmarshal(milliseconds, &number)
	again, _ := json.Marshal(number)
	exact := []string{at.UTC().Format(time.RFC3339Nano)}
	if at.Equal(at.Truncate(time.Millisecond)) {
		exact = append(exact, string(milliseconds), string(again))
	}
	return exact
}

func TestNoFormatLosesAnything(t *testing.T) {
	t.Parallel()
	byID := map[string]*audit.Record{}
	for _, r := range sample() {
		byID[r.UniqueID] = r
	}
	for _, name := range formats {
		for example, r := range examples(t) {
			found := decoded(t, name, encode(t, in(name), r))
			for value := range sent(t, r, byID) {
				kept := found[value]
				for _, same := range sameTime(value) {
					kept = kept || found[same]
				}
				if !kept {
					t.Errorf("%s of %s lacks %q", name, example, value)
				}
			}
		}
	}
}
