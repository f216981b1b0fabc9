package detect

// WithBounds returns a detector with smaller bounds; 0 leaves one as it is.
func (d Detector) WithBounds(flows, whole, wholeRecords, past, uses int) Detector {
	d.flows, d.whole, d.wholeRecords, d.past, d.uses = flows, whole, wholeRecords, past, uses
	return d
}
