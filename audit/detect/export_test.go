package detect

// WithBounds returns a detector with smaller bounds; 0 leaves one as it is.
func (d Detector) WithBounds(flows, past, tokens int) Detector {
	d.flows, d.past, d.tokens = flows, past, tokens
	return d
}
