package elastic

import (
	"strings"

	"github.com/authtrail/authtrail/audit/query"
)

// The fields of a record's document. Every value is made in Go; the mapping is
// not dynamic, and nothing but these can be asked about. A keyword that is too
// long for the engine is kept shortened (document_value.go): the same value is shortened
// to the same keyword, and no other value to it.
const (
	fieldKind = "kind" // keyword: audit.Kind, as a number
	fieldOrg  = "org"  // keyword: the org, shortened; the empty one too
	fieldTime = "time" // date_nanos: when it happened
	fieldTie  = "tie"  // keyword, only for sorting beside the time: org and unique_id in their total order (tieOf)

	fieldBody = "body" // not indexed: the bulk event exactly as it was sent; of a row with a head what follows that
	fieldHead = "head" // not indexed, only where rows have one: their head, so that it can be read by itself
	fieldMeta = "meta" // not indexed: what the body does not say (the org, the unique_id), byte for byte

	fieldExact  = "exact."  // + API name: keyword, the field's values byte by byte, shortened
	fieldFolded = "folded." // + API name: keyword, shortened: what query.Fold makes of a value, only where that is not the value itself; so ask both exact and folded
	fieldText   = "text."   // + API name, of the fields of prose: text, the values' ready-made tokens
	fieldWords  = "words"   // text: the ready-made tokens of every string, with a gap between two strings
	fieldHas    = "has"     // keyword: names of the fields that have a value that is not empty

	fieldAddress   = "address"   // ip: source_ip, where it is an address
	fieldNumber    = "number."   // + API name: long, the values that are decimal numbers
	fieldExtra     = "extra"     // keyword: path and folded value of each additional property (extraTerm), shortened
	fieldExtraPath = "extrapath" // keyword: paths of the additional properties that have a value, shortened
	fieldAttribute = "attribute" // keyword: each audit attribute's type, id and org, in every combination (attributeTerm)

	fieldCopied    = "copied"     // keyword, of records that a reindex copied: the shard it was copied from (originOf)
	fieldCopiedSeq = "copied_seq" // long: and the _seq_no that it had there
)

// exactField, foldedField, textField and numberField name the document's fields
// for one of the fields of a record.
func exactField(field query.Field) string  { return fieldExact + string(field) }
func foldedField(field query.Field) string { return fieldFolded + string(field) }
func textField(field query.Field) string   { return fieldText + string(field) }
func numberField(field query.Field) string { return fieldNumber + string(field) }

// objectOf is the member of the document that holds one for each field.
func objectOf(each string) string { return strings.TrimSuffix(each, ".") }
