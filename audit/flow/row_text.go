package flow

import (
	"strconv"
	"strings"
)

// textWriter writes what a row holds: a number in decimal with a space behind it, a
// string as its length and its bytes. What comes out is text as long as the
// strings are, which stores of documents need.
type textWriter struct{ strings.Builder }

func (w *textWriter) number(n int64) {
	var digits [maxDigits + 2]byte
	w.Write(append(strconv.AppendInt(digits[:0], n, 10), ' '))
}

func (w *textWriter) text(s string) {
	w.number(int64(len(s)))
	w.WriteString(s)
}

func (w *textWriter) texts(list []string) {
	w.number(int64(len(list)))
	for _, s := range list {
		w.text(s)
	}
}

// maxDigits is how many digits a number may have. Of so many, those that
// overflow come out negative.
const maxDigits = 19

// textReader reads what a textWriter wrote, without copying. After a failure it
// yields zeros.
type textReader struct {
	rest   string
	failed bool
}

func (r *textReader) fail() { r.failed, r.rest = true, "" }

func (r *textReader) number() int64 {
	text, i, sign := r.rest, 0, int64(1)
	if text != "" && text[0] == '-' {
		i, sign = 1, -1
	}
	first := i
	var n int64
	for i < len(text) && '0' <= text[i] && text[i] <= '9' {
		n = n*10 + int64(text[i]-'0')
		i++
	}
	if i == first || i-first > maxDigits || n < 0 || i == len(text) || text[i] != ' ' {
		r.fail()
		return 0
	}
	r.rest = text[i+1:]
	return sign * n
}

// below reads a number from 0 to limit-1.
func (r *textReader) below(limit int) int {
	n := r.number()
	if n < 0 || n >= int64(limit) {
		r.fail()
		return 0
	}
	return int(n)
}

// count reads how many things follow, each of which takes at least so many
// bytes, so that damage never makes room for more than there are.
func (r *textReader) count(least int) int {
	n := r.number()
	if n < 0 || n > int64(len(r.rest)/least) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *textReader) text() string {
	n := r.number()
	if n < 0 || n > int64(len(r.rest)) {
		r.fail()
		return ""
	}
	text := r.rest[:n]
	r.rest = r.rest[n:]
	return text
}

func (r *textReader) texts() []string {
	n := r.count(2)
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = r.text()
	}
	return list
}
