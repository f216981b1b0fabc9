package format

// agilicusRecord writes the bulk event exactly as it was sent.
func agilicusRecord(to []byte, e *event) []byte { return append(to, e.Raw...) }

// agilicusFlow writes the envelope as a bulk event.
func agilicusFlow(to []byte, f *envelope) []byte {
	o := object{append(to, '{')}
	o.text("unique_id", f.id())
	o.time("create_time", f.EndedAt)
	o.name("event")
	o.to = f.append(o.to)
	o.close()
	return o.to
}
