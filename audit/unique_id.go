package audit

import "encoding/json"

// UniqueIDOf returns the unique_id of a bulk event, and whether it has a valid
// one. It is for naming an event that DecodeEvent refused for another reason.
func UniqueIDOf(raw json.RawMessage) (string, bool) {
	if !json.Valid(raw) {
		return "", false
	}
	envelope := membersOf(string(raw))
	id := envelope.text("unique_id")
	return id, len(id) <= MaxUniqueID && validUniqueID(id)
}
