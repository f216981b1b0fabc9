package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/authtrail/authtrail/terminal"
)

// comparisonView is two login flows side by side, as far as that is shown.
type comparisonView struct {
	Baseline string
	A        comparedFlow
	B        *comparedFlow
	Stages   []struct {
		Match string
		A, B  *comparedStage
	}
	Parting *struct {
		Common int
		A, B   *comparedStage
	}
	Differences []struct {
		Field string
		A, B  []string
	}
	LongerByMS float64
}

type comparedFlow struct {
	row
	Verdict struct{ Text string }
}

type comparedStage struct {
	EventName, Result *string
	GapMS             float64
	Records           []recordID
}

// drawn returns the comparison as a person sees it: what became of both, their stages
// beside each other with those marked that differ, where they part, and what else differs.
func (v comparisonView) drawn(screen terminal.Screen) (string, error) {
	d := drawing{screen: screen}
	v.A.head(&d, "A", "")
	if v.B == nil {
		return d.text.String(), nil
	}
	chosen := ""
	if v.Baseline == "LAST_SUCCEEDED" {
		chosen = "the user's last one before A that succeeded"
	}
	d.line("")
	v.B.head(&d, "B", chosen)
	d.line("")
	d.wrapped(v.parts()+v.took(), "")
	d.line("")
	if err := v.table(&d); err != nil {
		return "", err
	}
	v.differ(&d)
	return d.text.String(), nil
}

// head tells of one of the flows.
func (f comparedFlow) head(d *drawing, name, chosen string) {
	word, style := terminal.Outcome(f.Outcome)
	d.line(d.screen.Paint(terminal.Strong, name) + "  " + d.screen.Paint(style, strings.ToUpper(word)) + "  " + d.screen.Paint(terminal.Strong, terminal.Clean(f.title())))
	d.hung("   ", f.Verdict.Text)
	d.hung("   ", f.StartedAt.Local().Format("Monday 2 January 2006 15:04:05.000 MST")+" · "+terminal.Duration(f.took()))
	d.hung("   ", strings.Join(present(prefixed("request ", f.RequestID), prefixed("org ", f.OrgID), chosen), " · "))
}

// parts says in a sentence where the two part.
func (v comparisonView) parts() string {
	p := v.Parting
	if p == nil {
		return fmt.Sprintf("Both went the same way, through %s.", counted(len(v.Stages), "stage"))
	}
	where := fmt.Sprintf("They part after %s: ", counted(p.Common, "stage"))
	if p.Common == 0 {
		where = "They part at once: "
	}
	return where + "A " + p.A.next(p.Common) + ", B " + p.B.next(p.Common) + "."
}

// next says what came next in one of the two.
func (s *comparedStage) next(common int) string {
	switch {
	case s == nil:
		return "ended there"
	case common == 0:
		return "began with " + s.String()
	}
	return "went on with " + s.String()
}

// String returns the stage with its result, such as "Policy Evaluation: Denied".
func (s *comparedStage) String() string { return text(s.EventName) + ": " + text(s.Result) }

// took says how much longer A took, unless both took as long.
func (v comparisonView) took() string {
	switch longer := time.Duration(v.LongerByMS * float64(time.Millisecond)); {
	case longer > 0:
		return " A took " + terminal.Duration(longer) + " longer."
	case longer < 0:
		return " A took " + terminal.Duration(-longer) + " less."
	}
	return ""
}

// table draws the stages of both side by side.
func (v comparisonView) table(d *drawing) error {
	columns := []terminal.Column{
		{Title: "", Min: 1}, {Title: "STAGE", Enough: 20, Min: 12},
		{Title: "A", Enough: 12, Min: 8}, {Title: "GAP A", Min: 8, Right: true, Optional: 1},
		{Title: "B", Enough: 12, Min: 8}, {Title: "GAP B", Min: 8, Right: true, Optional: 1},
	}
	rows := make([][]terminal.Cell, len(v.Stages))
	for i, stage := range v.Stages {
		name, mark := stage.A, "≠"
		if name == nil {
			name = stage.B
		}
		if stage.Match == "SAME" {
			mark = "="
		}
		rows[i] = []terminal.Cell{{Text: mark}, {Text: text(name.EventName)}, stage.A.result(), stage.A.gap(i), stage.B.result(), stage.B.gap(i)}
	}
	return terminal.Table(&d.text, d.screen, columns, rows)
}

func (s *comparedStage) result() terminal.Cell {
	if s == nil {
		return quiet("not there")
	}
	result := text(s.Result)
	return terminal.Cell{Text: result, Style: terminal.ResultStyle(result)}
}

// gap is the time since the stage before, which the first has none of.
func (s *comparedStage) gap(place int) terminal.Cell {
	if s == nil || place == 0 {
		return terminal.Cell{}
	}
	return quiet("+" + terminal.Duration(time.Duration(s.GapMS*float64(time.Millisecond))))
}

// differenceNames are what people call the fields that differ.
var differenceNames = map[string]string{
	"UPSTREAM_USER": "user upstream", "UPSTREAM_IDP": "identity provider", "SOURCE_IP": "address", "MFA": "second factor",
}

// differ lists in what else they differ; how each ended was said before.
func (v comparisonView) differ(d *drawing) {
	const names = 17
	before := "\n"
	for _, difference := range v.Differences {
		if difference.Field == "OUTCOME" {
			continue
		}
		d.text.WriteString(before)
		before = ""
		name := firstOf(differenceNames[difference.Field], strings.ToLower(strings.ReplaceAll(difference.Field, "_", " ")))
		d.hung(fmt.Sprintf("%-*s  A  ", names, name), said(difference.Field, difference.A))
		d.hung(fmt.Sprintf("%-*s  B  ", names, ""), said(difference.Field, difference.B))
	}
}

// said returns values as people write them.
func said(field string, values []string) string {
	said := firstOf(strings.Join(values, ", "))
	if yesOrNo, ok := map[string]string{"true": "yes", "false": "no"}[said]; ok && field == "MFA" {
		return yesOrNo
	}
	return said
}

// whyAlone says why there is nothing to compare the flow with.
func (v comparisonView) whyAlone() string {
	switch v.Baseline {
	case "NONE_SUCCEEDED":
		return fmt.Sprintf("no earlier attempt of %s%s succeeded, so there is nothing to compare this one with", terminal.Clean(v.A.user()), terminal.Clean(prefixed(" in the org ", v.A.OrgID)))
	case "USER_UNKNOWN":
		return "no record of this attempt names its user, so it is not known which attempts to compare it with"
	}
	return "there is nothing to compare this attempt with"
}
