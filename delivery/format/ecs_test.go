package format_test

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit/destination"
)

type ecsSchema struct {
	Version string
	Fields  map[string]struct {
		Type    string
		Array   bool
		Allowed map[string][]string // and the types of event that go with a category
	}
}

// check returns what is wrong with the value of a field, or with those below it.
func (s *ecsSchema) check(path string, value any) (wrong []string) {
	field, known := s.Fields[path]
	if object, ok := value.(map[string]any); ok && path != "labels" {
		for name, inside := range object {
			wrong = append(wrong, s.check(strings.TrimPrefix(path+"."+name, "."), inside)...)
		}
		return wrong
	}
	list, isList := value.([]any)
	switch {
	case !known:
		return []string{path + " is no field"}
	case field.Array != isList:
		return []string{path + " is a list or is none"}
	case !isList:
		list = []any{value}
	}
	for _, element := range list {
		if !isOfType(field.Type, element) {
			wrong = append(wrong, path+" is no "+field.Type)
		}
		if _, ok := field.Allowed[asText(element)]; field.Allowed != nil && !ok {
			wrong = append(wrong, path+" must not be "+asText(element))
		}
	}
	return wrong
}

func asText(value any) string {
	text, _ := value.(string)
	return text
}

func isOfType(name string, value any) bool {
	text, isText := value.(string)
	switch name {
	case "keyword", "wildcard", "match_only_text":
		return isText
	case "ip":
		_, err := netip.ParseAddr(text)
		return err == nil
	case "date":
		_, err := time.Parse(time.RFC3339Nano, text)
		return err == nil
	case "long":
		_, ok := value.(float64)
		return ok
	case "object": // labels
		for _, label := range value.(map[string]any) {
			if _, ok := label.(string); !ok {
				return false
			}
		}
		return true
	}
	return false
}

func TestECSHasTheFieldsOfItsSchema(t *testing.T) {
	t.Parallel()
	var schema ecsSchema
	readSchema(t, "ecs-9.4.0.json", &schema)
	for name, r := range examples(t) {
		var event map[string]any
		if err := json.Unmarshal([]byte(encode(t, in(destination.FormatECS), r)), &event); err != nil {
			t.Fatal(err)
		}
		delete(event, "authtrail") // which is for what has no field
		if wrong := schema.check("", event); wrong != nil {
			t.Errorf("%s:\n%s", name, strings.Join(wrong, "\n"))
		}
		if version := event["ecs"].(map[string]any)["version"]; version != schema.Version {
			t.Errorf("%s is of the version %v", name, version)
		}
		about := event["event"].(map[string]any)
		if about["category"] == nil {
			continue
		}
		expected := schema.Fields["event.category"].Allowed[about["category"].([]any)[0].(string)]
		if kind := about["type"].([]any)[0].(string); !slices.Contains(expected, kind) {
			t.Errorf("%s is of the type %s, expected are %v", name, kind, expected)
		}
	}
}
