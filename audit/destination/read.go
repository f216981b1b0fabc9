package destination

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/internal/jsontext"
)

// reader reads JSON and keeps the first thing that is wrong with it.
type reader struct{ err error }

func (r *reader) fail(path, format string, args ...any) {
	if r.err == nil {
		r.err = audit.Invalid(path, format, args...)
	}
}

// object is an object of which the known members are taken, one by one; what is
// left are its additional properties. Of a name sent twice the last counts, and a
// known member that is null was not given.
type object struct {
	*reader
	path    string
	members []audit.Member
}

func (r *reader) object(path, text string) *object {
	o := &object{reader: r, path: path}
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		r.fail(path, "must be an object")
		return o
	}
	at := map[string]int{}
	for name, value := range jsontext.Members(text) {
		m := audit.Member{Name: name, Value: json.RawMessage(value)}
		if i, again := at[name]; again {
			o.members[i] = m
			continue
		}
		at[name] = len(o.members)
		o.members = append(o.members, m)
	}
	return o
}

// at is the path of a member.
func (o *object) at(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

// take removes a member and returns its text, empty if it was not given.
func (o *object) take(name string) string {
	for i, m := range o.members {
		if m.Name == name {
			o.members = append(o.members[:i:i], o.members[i+1:]...)
			if string(m.Value) == "null" {
				return ""
			}
			return string(m.Value)
		}
	}
	return ""
}

// need is take for a member that must be there.
func (o *object) need(name string) string {
	text := o.take(name)
	if text == "" {
		o.fail(o.at(name), "is missing")
	}
	return text
}

func (o *object) text(name string) string { return o.string(name, o.need(name)) }

func (o *object) optionalText(name string) *string {
	value := o.take(name)
	if value == "" {
		return nil
	}
	text := o.string(name, value)
	return &text
}

func (o *object) string(name, value string) string {
	if !jsontext.IsString(value) {
		o.fail(o.at(name), "must be a string")
		return ""
	}
	return jsontext.Unquote(value)
}

func (o *object) flag(name string) bool {
	value := o.need(name)
	if value != "true" && value != "false" {
		o.fail(o.at(name), "must be true or false")
	}
	return value == "true"
}

// count returns a whole number above 0, and 0 if it was not given.
func (o *object) count(name string) int {
	value := o.take(name)
	if value == "" {
		return 0
	}
	number, err := strconv.Atoi(value)
	if err != nil || number < 1 || number > math.MaxInt32 {
		o.fail(o.at(name), "must be a whole number from 1 to %d", math.MaxInt32)
	}
	return number
}

// texts returns a list of strings, nil if it was not given.
func (o *object) texts(name string) []string {
	value := o.take(name)
	if value == "" {
		return nil
	}
	list := []string{}
	o.each(name, value, func(path, element string) {
		if !jsontext.IsString(element) {
			o.fail(path, "must be a string")
			return
		}
		list = append(list, jsontext.Unquote(element))
	})
	return list
}

// each calls yield with the elements of a list, and their paths.
func (o *object) each(name, value string, yield func(path, element string)) {
	if !strings.HasPrefix(value, "[") {
		o.fail(o.at(name), "must be a list")
		return
	}
	i := 0
	for element := range jsontext.Elements(value) {
		yield(fmt.Sprintf("%s[%d]", o.at(name), i), element)
		i++
	}
}

// child returns a member that is an object, nil if it was not given.
func (o *object) child(name string) *object {
	value := o.take(name)
	if value == "" {
		return nil
	}
	return o.object(o.at(name), value)
}

// extra returns what was not taken. Names that the published client's models use
// for themselves are refused: it would reject every answer that holds one.
func (o *object) extra() []audit.Member {
	for _, m := range o.members {
		switch m.Name {
		case "cls", "_check_type", "_configuration", "_data_store", "_path_to_item", "_spec_property_naming",
			"_visited_composed_classes":
			o.fail(o.at(m.Name), "is a name that clients of this API keep for themselves; choose another")
		}
	}
	return o.members
}
