package flow

// Bounded makes the reader's bounds so small that few records reach them.
func (r *Reader) Bounded(pageSize, scanLimit, narrowLimit int) *Reader {
	bounded := *r
	bounded.pageSize, bounded.scanLimit, bounded.narrowLimit = pageSize, scanLimit, narrowLimit
	return &bounded
}
