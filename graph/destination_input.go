package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/graph/model"
)

// draftOf reads an input as REST would read it, so that there is one place which
// knows what a destination may be. It is the caller's, who must be an owner.
func draftOf(ctx context.Context, given *model.AuditDestinationSpecInput, updated *time.Time) (destination.Destination, error) {
	spec := *given
	extra := spec.Extra
	spec.Extra = nil
	text, err := json.Marshal(spec)
	if err != nil {
		return destination.Destination{}, fmt.Errorf("write the spec: %w", err)
	}
	var read any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&read); err != nil {
		return destination.Destination{}, fmt.Errorf("read the spec: %w", err)
	}
	members, _ := asREST("", read).(map[string]any) // a struct is an object
	if err := addExtra(members, extra); err != nil {
		return destination.Destination{}, err
	}
	whole := map[string]any{"spec": members}
	if updated != nil {
		whole["metadata"] = map[string]string{"updated": updated.Format(time.RFC3339Nano)}
	}
	body, err := json.Marshal(whole)
	if err != nil {
		return destination.Destination{}, fmt.Errorf("write the destination: %w", err)
	}
	return destination.ParseOf(audit.PrincipalFrom(ctx), body)
}

// addExtra adds additional properties, none of which may be one that has a name here.
func addExtra(members map[string]any, extra model.JSON) error {
	if len(extra) == 0 || string(extra) == "null" {
		return nil
	}
	var more map[string]json.RawMessage
	if err := json.Unmarshal(extra, &more); err != nil {
		return audit.Invalid("spec.extra", "must be an object")
	}
	for name, value := range more {
		if documented[name] {
			return audit.Invalid("spec.extra", "must not hold %q, which has a member of its own", name)
		}
		members[name] = value
	}
	return nil
}

// documented are the members of a spec that are no additional properties.
var documented = map[string]bool{"enabled": true, "name": true, "org_id": true, "destination_type": true, "location": true,
	"comment": true, "filters": true, "max_events_per_transaction": true, "authentication": true, "webhook_settings": true,
	"routing": true, "delivery_settings": true}

// enums are the members that hold values of enums, which REST has in small letters.
var enums = map[string]bool{"destinationType": true, "authenticationType": true, "format": true, "content": true, "action": true}

// asREST writes a value of an input as REST has it.
func asREST(name string, value any) any {
	switch value := value.(type) {
	case map[string]any:
		members := make(map[string]any, len(value))
		for name, member := range value {
			members[snakeCase(name)] = asREST(name, member)
		}
		return members
	case []any:
		for i := range value {
			value[i] = asREST("", value[i])
		}
	case string:
		if enums[name] {
			return inSmall(value)
		}
	}
	return value
}

func inSmall(enum string) string { return strings.ToLower(enum) }

func snakeCase(name string) string {
	var snake strings.Builder
	for _, c := range name {
		if unicode.IsUpper(c) {
			snake.WriteByte('_')
		}
		snake.WriteRune(unicode.ToLower(c))
	}
	return snake.String()
}

var (
	afterUnderscore = regexp.MustCompile(`_[a-z]`)
	index           = regexp.MustCompile(`\[(\d+)\]`)
)

// fieldOfInput is where in an input a member of REST's is:
// spec.delivery_settings.redactions[0] is spec.deliverySettings.redactions.0.
func fieldOfInput(field string) string {
	if field == "metadata.updated" {
		return "updated"
	}
	field = index.ReplaceAllString(field, ".$1")
	return afterUnderscore.ReplaceAllStringFunc(field, func(found string) string { return strings.ToUpper(found[1:]) })
}
