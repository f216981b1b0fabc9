package elastic

import "github.com/authtrail/authtrail/audit/query"

// mappingVersion is raised by one with every change of the mapping. A partition
// keeps the version that it was made with; Reindex makes anew those of older ones.
const mappingVersion = 1

// mappings say what the engine makes of a document's members.
type mappings struct {
	Dynamic    *bool               `json:"dynamic,omitempty"`
	Meta       *mappingMeta        `json:"_meta,omitempty"`
	Source     *sourceMapping      `json:"_source,omitempty"`
	Properties map[string]property `json:"properties,omitempty"`
}

type mappingMeta struct {
	Version int `json:"version"`
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
	kept           = property{Type: "object", Enabled: no}                  // only kept
	rankedText     = property{Type: "text", Analyzer: "whitespace", Gap: 1} // a phrase cannot reach over the gap
	foundText      = property{Type: "text", Analyzer: "whitespace", Gap: 1, Norms: no}
)

// newMappings returns the mapping of this version.
func newMappings() mappings {
	return mappings{
		Dynamic: no,
		Meta:    &mappingMeta{Version: mappingVersion},
		Source:  &sourceMapping{Includes: keptMembers},
		Properties: map[string]property{
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

			objectOf(fieldExact):  perField(query.Fields, countedKeyword),
			objectOf(fieldFolded): perField(query.Fields, foundKeyword),
			objectOf(fieldText):   perField(proseFields, foundText),
			objectOf(fieldNumber): perField(query.Fields, foundNumber),
		},
	}
}

// keptMembers are what a record is restored from. All others are made of them
// again when a partition is made anew, so the engine does not keep them.
var keptMembers = append([]string{fieldCopied, fieldCopiedSeq, fieldMeta + ".*"}, sourceFields...)

func perField(fields []query.Field, each property) property {
	properties := make(map[string]property, len(fields))
	for _, field := range fields {
		properties[string(field)] = each
	}
	return property{Type: "object", Dynamic: no, Properties: properties}
}
