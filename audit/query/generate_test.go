package query

import (
	"net/netip"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// testNow is a moment whose calendar neighbours differ: the month before is
// longer, and the year before had a leap day two years ago.
var testNow = time.Date(2026, 11, 5, 12, 34, 56, 789, time.UTC)

// anyTree draws trees that Parse can produce.
func anyTree(depth int) *rapid.Generator[Node] {
	if depth == 0 {
		return anyLeaf
	}
	return rapid.Custom(func(t *rapid.T) Node {
		operands := rapid.SliceOfN(anyTree(depth-1), 1, 4)
		switch rapid.IntRange(0, 3).Draw(t, "operator") {
		case 0:
			return AllOf(operands.Draw(t, "all")...)
		case 1:
			return AnyOf(operands.Draw(t, "any")...)
		case 2:
			return Negate(anyTree(depth-1).Draw(t, "negated"))
		}
		return anyLeaf.Draw(t, "leaf")
	})
}

var anyLeaf = rapid.Custom(func(t *rapid.T) Node {
	prefix := rapid.Bool().Draw(t, "prefix")
	switch rapid.IntRange(0, 8).Draw(t, "kind") {
	case 0:
		return Words{Tokens: phrases.Draw(t, "tokens"), Prefix: prefix}
	case 1:
		return FieldWords{Field: textFields.Draw(t, "field"), Tokens: phrases.Draw(t, "tokens"), Prefix: prefix}
	case 2:
		value := values.Draw(t, "value")
		return ofField(valueFields.Draw(t, "field"), func(field Field) Node {
			if _, isNetwork := networkOf(value); field == SourceIP && isNetwork {
				return Has{Field: field}
			}
			return FieldValue{Field: field, Value: value, Prefix: prefix}
		})
	case 3:
		return ExtraValue{Path: paths.Draw(t, "path"), Value: values.Draw(t, "value"), Prefix: prefix}
	case 4:
		return ofField(rapid.SampledFrom(Fields).Draw(t, "field"), func(field Field) Node { return Has{Field: field} })
	case 5:
		return HasExtra{Path: paths.Draw(t, "path")}
	case 6:
		return Network{Field: SourceIP, Prefix: networks.Draw(t, "network")}
	case 7:
		return rapid.SampledFrom([]Node{All{}, None{}}).Draw(t, "constant")
	}
	return ranges.Draw(t, "range")
})

// ofField builds what a name in a search stands for: event means both of its fields.
func ofField(field Field, build func(Field) Node) Node {
	if field == Event {
		return AnyOf(build(EventName), build(Event))
	}
	return build(field)
}

func isTextField(field Field) bool { return field.Text() }

var (
	textFields  = rapid.SampledFrom(slices.Collect(filtered(Fields, isTextField)))
	valueFields = rapid.SampledFrom(slices.Collect(filtered(Fields, func(f Field) bool { return !f.Text() })))

	phrases = rapid.Custom(func(t *rapid.T) []string {
		text := rapid.OneOf(anyText, rapid.SampledFrom([]string{"and or not", "has", "payroll denied"})).Draw(t, "text")
		return append(Tokens(text), "last")
	})
	values = rapid.Custom(func(t *rapid.T) string {
		text := rapid.OneOf(anyText, rapid.StringOf(rapid.RuneFrom([]rune(`ab01.:/\"*-()<>= `+"\u00a0\n\u200d"))))
		return rapid.SampledFrom([]string{"x", "10.0.0.1", "a/b", "-", ":"}).Draw(t, "first") + Fold(text.Draw(t, "rest"))
	})
	paths = rapid.Custom(func(t *rapid.T) string {
		return rapid.StringOf(rapid.RuneFrom([]rune(`ab.:\"*-() é`))).Draw(t, "path") + "z"
	})
	networks = rapid.Custom(func(t *rapid.T) netip.Prefix {
		var bytes [16]byte
		copy(bytes[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address"))
		addr := netip.AddrFrom16(bytes).Unmap()
		if rapid.Bool().Draw(t, "IPv4") {
			addr = netip.AddrFrom4([4]byte(bytes[:4]))
		}
		return netip.PrefixFrom(addr, rapid.IntRange(0, addr.BitLen()).Draw(t, "bits")).Masked()
	})
	ranges = rapid.Custom(func(t *rapid.T) Node {
		bound := rapid.Int64Range(0, endOfTime.Unix()-1)
		from, to := TimeRange{From: moment(t, bound)}, TimeRange{To: moment(t, bound)}
		return rapid.SampledFrom([]Node{from, to, TimeRange{From: from.From, To: to.To}}).Draw(t, "range")
	})
)

func moment(t *rapid.T, seconds *rapid.Generator[int64]) time.Time {
	return time.Unix(seconds.Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).UTC()
}

func filtered(fields []Field, keep func(Field) bool) func(func(Field) bool) {
	return func(yield func(Field) bool) {
		for _, field := range fields {
			if keep(field) && !yield(field) {
				return
			}
		}
	}
}
