package insight

import (
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Difference is a respect in which two flows differ.
type Difference struct {
	Field DifferenceField
	A, B  []string // what each flow has there; none where it has nothing
}

// DifferenceField is what two flows may differ in.
type DifferenceField string

// What flows are compared in, beside their stages and durations.
const (
	DiffersInOrg          DifferenceField = "ORG"
	DiffersInOutcome      DifferenceField = "OUTCOME"
	DiffersInUser         DifferenceField = "USER"          // the system-local id
	DiffersInUpstreamUser DifferenceField = "UPSTREAM_USER" // the id in the upstream system
	DiffersInApplication  DifferenceField = "APPLICATION"
	DiffersInUpstreamIDP  DifferenceField = "UPSTREAM_IDP"
	DiffersInSourceIP     DifferenceField = "SOURCE_IP"  // all addresses, as sets
	DiffersInUserAgent    DifferenceField = "USER_AGENT" // all user agents, as sets
	DiffersInMFA          DifferenceField = "MFA"        // whether a second factor was asked for: "true" or "false"
)

// compared is how each field is read.
var compared = []struct {
	field  DifferenceField
	values func(*audit.Flow) []string
}{
	{DiffersInOrg, func(f *audit.Flow) []string { return known(f.Org) }},
	{DiffersInOutcome, func(f *audit.Flow) []string { return known(string(f.Outcome)) }},
	{DiffersInUser, func(f *audit.Flow) []string { return known(f.UserID) }},
	{DiffersInUpstreamUser, func(f *audit.Flow) []string { return known(f.UpstreamUserID) }},
	{DiffersInApplication, func(f *audit.Flow) []string { return known(f.ApplicationName) }},
	{DiffersInUpstreamIDP, func(f *audit.Flow) []string { return known(f.UpstreamIDP) }},
	{DiffersInSourceIP, func(f *audit.Flow) []string { return f.SourceIPs }},
	{DiffersInUserAgent, func(f *audit.Flow) []string { return f.UserAgents }},
	{DiffersInMFA, func(f *audit.Flow) []string {
		if f.MFA {
			return []string{"true"}
		}
		return []string{"false"}
	}},
}

func differencesOf(a, b *audit.Flow) []Difference {
	var differences []Difference
	for _, c := range compared {
		inA, inB := c.values(a), c.values(b)
		if !slices.Equal(asSet(c.field, inA), asSet(c.field, inB)) {
			differences = append(differences, Difference{Field: c.field, A: inA, B: inB})
		}
	}
	return differences
}

// asSet sorts the values; an address is the same however it is written.
func asSet(field DifferenceField, values []string) []string {
	set := slices.Clone(values)
	if field == DiffersInSourceIP {
		for i, value := range set {
			if address, ok := query.Address(value); ok {
				set[i] = address.String()
			}
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}

func known(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}
