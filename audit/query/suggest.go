package query

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

func (p *parser) missingValue(t lexeme) error {
	return syntaxError(p.input, t.valueAt, "expected a value after %s: (to find the records that have one, write has:%s)",
		shortened(t.name), shortened(t.name))
}

// nothingToFind is the error for a text that folds to nothing, or has no tokens.
func (p *parser) nothingToFind(t lexeme) error {
	text := t.text(p.input)
	hint := ""
	if meant, ok := map[string]string{"&": "AND", "&&": "AND", "|": "OR", "||": "OR", "!": "NOT"}[text]; ok {
		hint = "; the operator is written " + meant
	}
	return syntaxError(p.input, t.valueAt, "%s has no letters or digits to search for%s", shortened(text), hint)
}

// unknownField is the error for a name before a colon that is no field. Most
// often the colon is part of a text that was meant to be searched for.
func (p *parser) unknownField(t lexeme) error {
	text := t.text(p.input)
	hint := p.didYouMean(t.name)
	switch {
	case Field(t.name).OfFlows(): // and not of what is searched
		hint = "; login flows have it: search those, in a terminal with authtrail search --flows"
	case hint != "":
	case isAddress(text):
		hint = "; to search for an address, write source_ip:" + text
	case strings.Contains(t.name, "."):
		hint = "; an additional property is written " + extraPrefix + shortened(text)
	}
	what := fmt.Sprintf("unknown field %q", shortened(t.name))
	if t.name == "" {
		what = "there is no field before this colon"
	}
	return syntaxError(p.input, t.start, "%s%s; to search for the text, put it in quotes: %s", what, hint, quoted(shortened(text)))
}

var comparison = regexp.MustCompile(`^([A-Za-z0-9_.-]+?)(>=|<=|=|<|>)(.*)$`)

// missingColon is the error for a field that is compared as in other languages,
// time>=2026-11-01, which would be words that no record holds. It is nil for what
// is in quotes or begins with no field.
func (p *parser) missingColon(t lexeme) error {
	text := t.text(p.input)
	found := comparison.FindStringSubmatch(text)
	if t.quoted || found == nil {
		return nil
	}
	name, operator, value := found[1], found[2], found[3]
	_, isExtra := strings.CutPrefix(name, extraPrefix)
	if name != timeName && !isExtra && len(p.fieldsNamed(name)) == 0 {
		return nil
	}
	if operator == "=" || name != timeName && !ordered(Field(name)) {
		operator = ""
	}
	return syntaxError(p.input, t.start, "a colon is missing after %s; perhaps you meant %s; to search for the text, put it in quotes: %s",
		shortened(name), shortened(name+":"+operator+value), quoted(shortened(text)))
}

// ordered reports whether more and less can be asked of a field.
func ordered(field Field) bool {
	return field == FlowDurationMS || field == FlowRetries || field == FlowEndedAt
}

func (p *parser) unknownPresence(t lexeme) error {
	hint := p.didYouMean(t.value)
	if hint == "" {
		hint = "; an additional property is written has:" + extraPrefix + shortened(t.value)
	}
	return syntaxError(p.input, t.valueAt, "unknown field %q%s", shortened(t.value), hint)
}

func isAddress(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}

// didYouMean names the field that a name resembles, or nothing.
func (p *parser) didYouMean(name string) string {
	names := fieldNames
	if p.flows {
		names = flowFieldNames
	}
	if closest := closestName(name, names); closest != "" {
		return fmt.Sprintf("; perhaps you meant %q", closest)
	}
	return ""
}

// fieldNames are the names that can stand before a colon, in a fixed order; in a
// search over login flows there are more.
var fieldNames = func() []string {
	names := []string{timeName, hasName}
	for alias := range Aliases {
		names = append(names, alias)
	}
	slices.Sort(names)
	for _, field := range Fields {
		names = append(names, string(field))
	}
	return names
}()

var flowFieldNames = func() []string {
	names := slices.Clone(fieldNames)
	for _, field := range FlowFields {
		names = append(names, string(field))
	}
	return names
}()

// closestName finds the name that was probably meant. Spelling in another
// style, as in userId or user-id, is no difference.
func closestName(name string, names []string) string {
	name = squeezed(name)
	closest, least := "", 3
	if len(name) <= 4 {
		least = 2 // short words are all near to each other
	}
	if len(name) > 40 {
		return ""
	}
	for _, known := range names {
		if distance := editDistance(name, squeezed(known)); distance < least {
			closest, least = known, distance
		}
	}
	return closest
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "")

func squeezed(name string) string { return separators.Replace(strings.ToLower(name)) }

// editDistance counts the bytes to insert, delete or replace to get from a to b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
