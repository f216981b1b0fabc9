package sqlite

import (
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/storetest"
)

func TestRowsOfOneHashAreToldApart(t *testing.T) {
	t.Parallel()
	options := Options{Dir: t.TempDir(), Format: storetest.FlowFormat()}
	rows := storetest.Flows(1, 2)
	for _, row := range rows {
		s, err := Open(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		replace(t, s, made(rows...)...)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		alter(t, options.Dir, "UPDATE record SET hash = (SELECT hash FROM record WHERE uid = '"+row.UniqueID+"')")
		if s, err = Open(t.Context(), options); err != nil {
			t.Fatal(err)
		}
		page, err := s.Search(t.Context(), everything500())
		if err != nil || len(page.Hits) != 2 {
			t.Fatalf("%d rows: %v", len(page.Hits), err)
		}
		for _, found := range page.Records() {
			if found.Key() == row.Key() {
				replace(t, s, audit.Replacement{Row: row, Was: found.Version, Remove: true})
			}
		}
		if page, err = s.Search(t.Context(), everything500()); err != nil || len(page.Hits) != 1 || page.Hits[0].Record.Key() == row.Key() {
			t.Errorf("without %s, %d rows are left: %v", row.UniqueID, len(page.Hits), err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		options.Dir = t.TempDir()
	}
}
