package elastic

import "github.com/authtrail/authtrail/audit/query"

// The fields of a record's document. Every value is made in Go; the mapping is
// not dynamic, and nothing but these can be asked about.
const (
	fieldKind = "kind" // byte: audit.Kind
	fieldOrg  = "org"  // keyword: the org, shortened where it is too long
	fieldTime = "time" // date_nanos: when it happened
	fieldTie  = "tie"  // keyword: org and unique_id in their total order, for sorting beside the time

	fieldBody = "body" // not indexed: the bulk event exactly as it was sent
	fieldMeta = "meta" // not indexed: what the body does not say (the org, the unique_id), byte for byte

	fieldExact  = "exact."  // + API name: keyword, the field's values byte by byte, shortened where they are too long
	fieldFolded = "folded." // + API name: keyword, the values folded by query.Fold, shortened where they are too long
	fieldText   = "text."   // + API name, of the fields of prose: text, the values' ready-made tokens
	fieldWords  = "words"   // text: the ready-made tokens of every string, with a gap between two strings
	fieldHas    = "has"     // keyword: names of the fields that have a value that is not empty

	fieldAddress   = "address"   // ip: source_ip, where it is an address
	fieldNumber    = "number."   // + API name: long, the values that are decimal numbers
	fieldExtra     = "extra"     // keyword: path and folded value of each additional property, shortened where they are too long
	fieldExtraPath = "extrapath" // keyword: paths of the additional properties that have a value
	fieldAttribute = "attribute" // keyword: each audit attribute's type, id and org, alone and in every combination

	fieldBatch  = "batch"  // long: where the record stood in its Append, for the order of the feed
	fieldCopied = "copied" // boolean: a reindex copied it here, so the feed passes it by
)

// exactField, foldedField and textField name the document's fields for one of
// the fields of a record.
func exactField(field query.Field) string  { return fieldExact + string(field) }
func foldedField(field query.Field) string { return fieldFolded + string(field) }
func textField(field query.Field) string   { return fieldText + string(field) }
func numberField(field query.Field) string { return fieldNumber + string(field) }
