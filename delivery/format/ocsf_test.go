package format_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit/destination"
)

type ocsfSchema struct {
	Version string
	Classes map[string]ocsfShape
	Objects map[string]ocsfShape
	Types   map[string]struct {
		Type, Regex string
		MaxLen      int `json:"max_len"`
	}
}

type ocsfShape struct {
	UID         *int
	Attributes  map[string]ocsfAttribute
	Constraints struct {
		AtLeastOne []string `json:"at_least_one"`
		JustOne    []string `json:"just_one"`
	}
}

type ocsfAttribute struct {
	Type, Requirement, Object string
	Array, Deprecated         bool
	Enum                      map[string]string
}

func readSchema(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile("testdata/schema/" + name)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// check returns what is wrong with an object.
func (s *ocsfSchema) check(path string, shape ocsfShape, object map[string]any) (wrong []string) {
	for name, value := range object {
		attribute, known := shape.Attributes[name]
		if !known || attribute.Deprecated {
			wrong = append(wrong, path+name+" is not in the schema")
			continue
		}
		wrong = append(wrong, s.checkAttribute(path+name, attribute, value)...)
	}
	for name, attribute := range shape.Attributes {
		if attribute.Requirement == "required" && object[name] == nil {
			wrong = append(wrong, path+name+" is required")
		}
	}
	if some := shape.Constraints.AtLeastOne; len(some) > 0 {
		n := 0
		for _, name := range some {
			if object[name] != nil {
				n++
			}
		}
		if n == 0 {
			wrong = append(wrong, fmt.Sprintf("%s: one of %v is required", path, some))
		}
	}
	return wrong
}

func (s *ocsfSchema) checkAttribute(path string, a ocsfAttribute, value any) []string {
	if a.Array {
		list, ok := value.([]any)
		if !ok {
			return []string{path + " is no list"}
		}
		a.Array = false
		var wrong []string
		for _, element := range list {
			wrong = append(wrong, s.checkAttribute(path+"[]", a, element)...)
		}
		return wrong
	}
	if a.Type == "object_t" {
		object, ok := value.(map[string]any)
		shape, known := s.Objects[a.Object]
		switch {
		case !ok:
			return []string{path + " is no object"}
		case a.Object == "object":
			return nil // unmapped: anything
		case !known:
			return []string{path + ": the extract lacks the object " + a.Object}
		}
		return s.check(path+".", shape, object)
	}
	if len(a.Enum) > 0 && a.Enum[fmt.Sprint(value)] == "" {
		return []string{fmt.Sprintf("%s: %v is not one of %v", path, value, a.Enum)}
	}
	return s.checkType(path, a.Type, value)
}

func (s *ocsfSchema) checkType(path, name string, value any) []string {
	kind := s.Types[name]
	base := name
	if kind.Type != "" {
		base = kind.Type
	}
	switch v := value.(type) {
	case float64:
		if base != "integer_t" && base != "long_t" || v != math.Trunc(v) {
			return []string{fmt.Sprintf("%s: %v is no %s", path, v, name)}
		}
	case bool:
		if base != "boolean_t" {
			return []string{path + " is no " + name}
		}
	case string:
		if base != "string_t" && base != "json_t" {
			return []string{path + " is no " + name}
		}
		if kind.Regex != "" && !regexp.MustCompile(kind.Regex).MatchString(v) {
			return []string{fmt.Sprintf("%s: %q does not look like %s", path, v, name)}
		}
	default:
		return []string{fmt.Sprintf("%s: %T", path, v)}
	}
	return nil
}

func TestOCSFIsAsItsSchemaSays(t *testing.T) {
	t.Parallel()
	var schema ocsfSchema
	readSchema(t, "ocsf-1.8.0.json", &schema)
	classes := map[string]int{}
	for name, r := range examples(t) {
		var event map[string]any
		if err := json.Unmarshal([]byte(encode(t, in(destination.FormatOCSF), r)), &event); err != nil {
			t.Fatal(err)
		}
		for class, shape := range schema.Classes {
			if float64(*shape.UID) != event["class_uid"] {
				continue
			}
			classes[class]++
			if wrong := schema.check("", shape, event); wrong != nil {
				t.Errorf("%s is no %s:\n%s", name, class, strings.Join(wrong, "\n"))
			}
			if want := shape.Attributes["type_uid"].Enum[fmt.Sprint(event["type_uid"])]; event["activity_id"] != 99. && event["type_name"] != want {
				t.Errorf("%s: the type is called %v, not %s", name, event["type_name"], want)
			}
			if event["metadata"].(map[string]any)["version"] != schema.Version {
				t.Errorf("%s is not of the version %s", name, schema.Version)
			}
		}
	}
	if classes["authentication"] < 12 || classes["api_activity"] < 3 || classes["base_event"] < 2 {
		t.Errorf("the examples are of the classes %v", classes)
	}
}
