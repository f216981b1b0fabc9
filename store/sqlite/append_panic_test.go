package sqlite

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func TestAPanicOverARecordRejectsItAndIsLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := open(t)
	s.log = slog.New(slog.NewTextHandler(&log, nil))
	whole := s.bodies
	s.bodies = codec{} // has no dictionary to compress with
	outcomes, err := s.Append(t.Context(), []*audit.Record{event(t, "a", noon, `"password":"secret"`)})
	if err != nil || outcomes[0].Status != audit.Rejected || outcomes[0].Reason != "internal error" {
		t.Errorf("got %+v: %v", outcomes, err)
	}
	if said := log.String(); strings.Count(said, "level=ERROR") != 1 || strings.Contains(said, "secret") {
		t.Errorf("the log says %q", said)
	}
	s.bodies = whole
	add(t, s, event(t, "b", noon, ""))
	if found := fmt.Sprint(search(t, s, everything500())); found != "[b]" {
		t.Errorf("found %s", found)
	}
}
