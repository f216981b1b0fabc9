package elastic

import (
	"slices"
	"strconv"
)

// jsonWriter appends JSON to a buffer: what package encoding/json would make of
// strings in valid UTF-8, in a fraction of the time.
type jsonWriter struct{ buf []byte }

// mark is a place that the text can be cut at again.
func (w *jsonWriter) mark() int      { return len(w.buf) }
func (w *jsonWriter) reset(mark int) { w.buf = w.buf[:mark] }

// next writes the comma that separates what follows from what came before.
func (w *jsonWriter) next() {
	if len(w.buf) == 0 {
		return
	}
	switch w.buf[len(w.buf)-1] {
	case '{', '[', ':', ',', '\n':
		return
	}
	w.buf = append(w.buf, ',')
}

func (w *jsonWriter) open(bracket byte) {
	w.next()
	w.buf = append(w.buf, bracket)
}

func (w *jsonWriter) close(bracket byte) { w.buf = append(w.buf, bracket) }

// name writes the name of a member, one of this package's own: there is nothing to escape in it.
func (w *jsonWriter) name(name string) {
	w.next()
	w.buf = append(append(append(w.buf, '"'), name...), '"', ':')
}

func (w *jsonWriter) member(name, value string) {
	w.name(name)
	w.string(value)
}

func (w *jsonWriter) number(n int64) {
	w.next()
	w.buf = strconv.AppendInt(w.buf, n, 10)
}

func (w *jsonWriter) string(text string) {
	w.next()
	w.buf = append(slices.Grow(w.buf, len(text)+2), '"')
	from := 0
	for i := range len(text) {
		c := text[i]
		if !escapes[c] {
			continue
		}
		w.buf = append(w.buf, text[from:i]...)
		from = i + 1
		if c < ' ' {
			w.buf = append(w.buf, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			continue
		}
		w.buf = append(w.buf, '\\', c)
	}
	w.buf = append(append(w.buf, text[from:]...), '"')
}

// escapes are the bytes that cannot stand in a string as they are.
var escapes = func() (must [256]bool) {
	for c := range byte(' ') {
		must[c] = true
	}
	must['"'], must['\\'] = true, true
	return must
}()

const hexDigits = "0123456789abcdef"
