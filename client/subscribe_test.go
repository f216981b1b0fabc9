package client

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestAStreamIsReadUntilItSaysThatItIsComplete(t *testing.T) {
	t.Parallel()
	var got []string
	stream := ":\n\nevent: next\ndata: {\ndata: }\n\n:\n\nevent: next\ndata:2\n\nevent: complete\ndata:\n\nevent: next\ndata: 3\n\n"
	err := readEvents(strings.NewReader(stream), func(event, data string) (bool, error) {
		got = append(got, event+" "+data)
		return event == "complete", nil
	})
	if want := []string{"next {\n}", "next 2", "complete "}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestAStreamThatIsCutOffIsNoEnd(t *testing.T) {
	t.Parallel()
	err := readEvents(strings.NewReader("event: next\ndata: 1\n\nevent: ne"), func(string, string) (bool, error) { return false, nil })
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}
