package elastic

import (
	"slices"

	"github.com/authtrail/authtrail/audit/query"
)

// mappingVersion is raised by one with every change of the mapping of events, and
// rowsMappingVersion with every change of that of other rows, as when their format
// has a new field. A partition keeps the version that it was made with; Reindex
// makes anew those of older ones.
//
// The versions of the layouts are those of the templates, which older programs must
// not put back. They are raised with every change of the mapping, and of the settings.
const (
	mappingVersion     = 1
	layoutVersion      = 2
	rowsMappingVersion = 1
	rowsLayoutVersion  = 1
)

// mappings say what the engine makes of a document's members.
type mappings struct {
	Dynamic    *bool               `json:"dynamic,omitempty"`
	Meta       *mappingMeta        `json:"_meta,omitempty"`
	Source     *sourceMapping      `json:"_source,omitempty"`
	Properties map[string]property `json:"properties,omitempty"`
}

type mappingMeta struct {
	Version int    `json:"version"`
	Rows    string `json:"rows,omitempty"` // as format has them
}

// sourceMapping says which members the engine keeps as they were sent.
type sourceMapping struct {
	Includes []string `json:"includes"`
}

// property is the mapping of one member. What is nil is as the engine has it by itself.
type property struct {
	Type       string              `json:"type,omitempty"`
	Index      *bool               `json:"index,omitempty"`
	DocValues  *bool               `json:"doc_values,omitempty"`
	Norms      *bool               `json:"norms,omitempty"`
	Enabled    *bool               `json:"enabled,omitempty"`
	Analyzer   string              `json:"analyzer,omitempty"`
	Gap        int                 `json:"position_increment_gap,omitempty"`
	Dynamic    *bool               `json:"dynamic,omitempty"`
	Properties map[string]property `json:"properties,omitempty"`
}

var yes, no = new(true), new(false)

// The kinds of property there are.
var (
	countedKeyword = property{Type: "keyword"}                              // found, counted and sorted by
	foundKeyword   = property{Type: "keyword", DocValues: no}               // only found
	sortedKeyword  = property{Type: "keyword", Index: no}                   // only sorted by
	foundNumber    = property{Type: "long", DocValues: no}                  //
	sortedNumber   = property{Type: "long"}                                 // found and sorted by
	kept           = property{Type: "object", Enabled: no}                  // only kept
	rankedText     = property{Type: "text", Analyzer: "whitespace", Gap: 1} // a phrase cannot reach over the gap
	foundText      = property{Type: "text", Analyzer: "whitespace", Gap: 1, Norms: no}
)

// meta says which mapping it is.
func (f *format) meta() mappingMeta { return mappingMeta{Version: f.version, Rows: f.rows} }

// mappings returns the mapping of this version.
func (f *format) mappings() mappings {
	return mappings{Dynamic: no, Meta: new(f.meta()), Source: &sourceMapping{Includes: f.keptMembers()}, Properties: f.properties()}
}

func (f *format) properties() map[string]property {
	properties := map[string]property{
		fieldKind:      countedKeyword,
		fieldOrg:       countedKeyword,
		fieldTime:      {Type: "date_nanos"},
		fieldTie:       sortedKeyword,
		fieldBody:      kept,
		fieldMeta:      kept,
		fieldWords:     rankedText,
		fieldHas:       foundKeyword,
		fieldAddress:   {Type: "ip", DocValues: no},
		fieldExtra:     foundKeyword,
		fieldExtraPath: foundKeyword,
		fieldAttribute: foundKeyword,
		fieldCopied:    countedKeyword,
		fieldCopiedSeq: {Type: "long"},

		objectOf(fieldExact):  perField(f.Fields, countedKeyword),
		objectOf(fieldFolded): perField(f.Fields, foundKeyword),
		objectOf(fieldText):   perField(f.prose, foundText),
		objectOf(fieldNumber): f.numbers(),
	}
	if f.hasHeads() {
		properties[fieldHead] = kept
	}
	return properties
}

// numbers are the fields as numbers; what is not ordered by is only found.
func (f *format) numbers() property {
	sorted := perField(f.Numbers, sortedNumber)
	for _, field := range f.Fields {
		if !slices.Contains(f.Numbers, field) {
			sorted.Properties[string(field)] = foundNumber
		}
	}
	return sorted
}

// keptMembers are what a row is restored from. All others are made of them
// again when a partition is made anew, so the engine does not keep them.
func (f *format) keptMembers() []string {
	return append([]string{fieldCopied, fieldCopiedSeq, fieldMeta + ".*"}, f.wholeRow()...)
}

func perField(fields []query.Field, each property) property {
	properties := make(map[string]property, len(fields))
	for _, field := range fields {
		properties[string(field)] = each
	}
	return property{Type: "object", Dynamic: no, Properties: properties}
}
