// Package jsontext walks JSON text that is known to be valid, in one pass and
// without building a tree. Records are read back far more often than they are
// written, and nearly always for a few members.
//
// Every function takes text that json.Valid has accepted; what it does with
// other text is unspecified, except that it ends.
package jsontext

import (
	"encoding/json"
	"iter"
	"strings"
)

// Members yields the members of an object in order: each name, decoded, and
// the text of its value. Text that is no object has none.
func Members(object string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		name, value, next := FirstMember(object)
		for next > 0 && yield(name, value) {
			name, value, next = Member(object, next)
		}
	}
}

// FirstMember returns the first member of an object, as Members does, and the place
// of the next one; that is 0 where there is none, and no member is returned. With
// Member it is Members for those whose room must not move to the heap.
func FirstMember(object string) (name, value string, next int) {
	i := skipSpace(object, 0)
	if i >= len(object) || object[i] != '{' {
		return "", "", 0
	}
	return Member(object, skipSpace(object, i+1))
}

// Member returns the member at a place that FirstMember or Member gave, and the
// place of the next one, likewise.
func Member(object string, i int) (name, value string, next int) {
	if i >= len(object) || object[i] != '"' {
		return "", "", 0
	}
	nameEnd := skipString(object, i)
	name = Unquote(object[i:nameEnd])
	i = skipSpace(object, nameEnd)
	i = skipSpace(object, i+1) // the colon
	end := skipValue(object, i)
	value = object[i:end]
	i = skipSpace(object, end)
	return name, value, skipSpace(object, i+1) // the comma, or the closing brace
}

// Elements yields the texts of an array's elements in order. Text that is no
// array has none.
func Elements(array string) iter.Seq[string] {
	return func(yield func(value string) bool) {
		i := skipSpace(array, 0)
		if i >= len(array) || array[i] != '[' {
			return
		}
		i = skipSpace(array, i+1)
		for i < len(array) && array[i] != ']' {
			end := skipValue(array, i)
			if !yield(array[i:end]) {
				return
			}
			i = skipSpace(array, end)
			i = skipSpace(array, i+1)
		}
	}
}

// MaxPath bounds the dotted paths that Scalars yields, in bytes: a scalar whose
// path would be longer is yielded under the nearest ancestor that fits.
const MaxPath = 1024

// Scalars yields every scalar at any depth of a value, in order: its dotted
// path below the given one, and its text. Elements of an array have the path of
// the array. One pass, whatever the depth.
func Scalars(path, value string) iter.Seq2[string, string] {
	return func(yield func(path, value string) bool) {
		stack := make([]string, 1, 8) // the path of each open container, below one for the text itself
		stack[0] = path
		current := path
		for i := skipSpace(value, 0); i < len(value); {
			top := len(stack) - 1
			switch value[i] {
			case '{', '[':
				stack = append(stack, current)
				i++
			case '}', ']':
				stack = stack[:max(top, 1)]
				i++
			case ',':
				current = stack[top]
				i++
			case '"':
				end := skipString(value, i)
				next := skipSpace(value, end)
				if next < len(value) && value[next] == ':' {
					current = join(stack[top], value[i:end])
					i = next + 1
					break
				}
				if !yield(current, value[i:end]) {
					return
				}
				i = end
			default:
				end := skipLiteral(value, i)
				if !yield(current, value[i:end]) {
					return
				}
				i = end
			}
			i = skipSpace(value, i)
		}
	}
}

func join(path, quotedName string) string {
	name := Unquote(quotedName)
	switch {
	case len(path)+1+len(name) > MaxPath:
		return path
	case path == "":
		return name
	}
	return path + "." + name
}

// Depth returns how deeply objects and arrays are nested in a value; 0 for a scalar.
func Depth(value string) int {
	depth, deepest := 0, 0
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '"':
			i = skipString(value, i) - 1
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}

// IsString reports whether the text is a string.
func IsString(value string) bool { return value != "" && value[0] == '"' }

// Unquote returns the content of a string's text. A lone surrogate becomes U+FFFD.
func Unquote(text string) string {
	if len(text) < 2 {
		return ""
	}
	if !strings.Contains(text, `\`) {
		return text[1 : len(text)-1]
	}
	var content string
	if err := json.Unmarshal([]byte(text), &content); err != nil {
		return text[1 : len(text)-1]
	}
	return content
}

func skipSpace(text string, i int) int {
	for i < len(text) {
		switch text[i] {
		case ' ', '\t', '\n', '\r':
			i++
		default:
			return i
		}
	}
	return len(text)
}

// skipString returns the index after the string that begins at i.
func skipString(text string, i int) int {
	if quote := i + 1 + strings.IndexByte(text[i+1:], '"'); quote > i && text[quote-1] != '\\' { // nearly always the end
		return quote + 1
	}
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

func skipLiteral(text string, i int) int {
	start := i
	for i < len(text) {
		switch text[i] {
		case ' ', '\t', '\n', '\r', ',', ':', ']', '}':
			return max(i, start+1)
		}
		i++
	}
	return i
}

// skipValue returns the index after the value that begins at i.
func skipValue(text string, i int) int {
	depth := 0
	for i < len(text) {
		switch text[i] {
		case '"':
			i = skipString(text, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\t', '\n', '\r':
			i++
			continue
		default:
			i = skipLiteral(text, i)
		}
		if depth == 0 {
			return i
		}
	}
	return len(text)
}
