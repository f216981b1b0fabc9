package query

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// testDocument is a record in the form of JSON, read in the plainest way: every
// top-level string is a field where there is such a field, and everything else
// is an additional property.
type testDocument map[string]any

func documentOf(t *testing.T, text string) testDocument {
	t.Helper()
	var d testDocument
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatalf("read the record %s: %v", text, err)
	}
	return d
}

func (d testDocument) Values(field Field) []string {
	switch field {
	case AttributeType, AttributeID, AttributeOrgID, AttributeName:
		var values []string
		for _, attribute := range d.attributes() {
			if value, ok := attribute[string(field)].(string); ok {
				values = append(values, value)
			}
		}
		return values
	}
	if value, ok := d[string(field)].(string); ok {
		return []string{value}
	}
	return nil
}

func (d testDocument) attributes() []map[string]any {
	list, _ := d["audit_attributes"].([]any)
	attributes := make([]map[string]any, len(list))
	for i := range list {
		attributes[i], _ = list[i].(map[string]any)
	}
	return attributes
}

func (d testDocument) Strings() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		scalars("", map[string]any(d), func(path string, value any) bool {
			text, ok := value.(string)
			return !ok || path == timeName || yield(path, text)
		})
	}
}

func (d testDocument) Extra() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		scalars("", map[string]any(d), func(path string, value any) bool {
			if Field(path).Known() || path == timeName || strings.HasPrefix(path, "audit_attributes") {
				return true
			}
			if text, ok := value.(string); ok {
				return yield(path, text)
			}
			text, err := json.Marshal(value)
			return err != nil || value == nil || yield(path, string(text))
		})
	}
}

func (d testDocument) Time() time.Time {
	text, _ := d[timeName].(string)
	at, _ := ParseInstant(text)
	return at
}

func (d testDocument) HasAttribute(want Attribute) bool {
	holds := func(wanted []string, value any) bool {
		text, _ := value.(string)
		return len(wanted) == 0 || slices.Contains(wanted, text)
	}
	return slices.ContainsFunc(d.attributes(), func(a map[string]any) bool {
		return holds(want.Types, a["attribute_type"]) && holds(want.IDs, a["attribute_id"]) && holds(want.OrgIDs, a["attribute_org_id"])
	})
}

// scalars visits what is in a JSON value, by path and in a fixed order, until visit refuses.
func scalars(path string, value any, visit func(path string, value any) bool) bool {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if !scalars(strings.TrimPrefix(path+"."+name, "."), value[name], visit) {
				return false
			}
		}
		return true
	case []any:
		for _, element := range value {
			if !scalars(path, element, visit) {
				return false
			}
		}
		return true
	}
	return visit(path, value)
}
