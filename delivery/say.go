package delivery

import "time"

// quiet remembers when things were said last, each of which is said once a minute.
type quiet struct{ feed, registry, letters, failing time.Time }

// say warns, unless it has said so a moment ago. Each last is of one goroutine.
func (t *term) say(last *time.Time, message string, args ...any) {
	if now := t.options.Now(); now.Sub(*last) >= time.Minute {
		*last = now
		t.log.Warn(message, args...)
	}
}

// attributes are what the log says of a failure.
func (f *Failure) attributes() []any {
	said := []any{"reason", f.Reason}
	if f.Status != 0 {
		said = append(said, "status", f.Status)
	}
	if f.Err != nil {
		said = append(said, "cause", f.Err)
	}
	return said
}
