package elastic

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

// Those who read while partitions are dropped learn nothing that they could
// take for a mistake of theirs or of the program, and miss nothing that stays.
func TestPartitionsAreDroppedUnderReaders(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	options.Partition = Day
	s := open(t, options)
	const days, perDay = 12, 30
	var records []*audit.Record
	staying := []string{}
	for day := range days {
		for i := range perDay {
			org, id := "old", fmt.Sprintf("%d-%d", day, i)
			if day == 0 {
				org, staying = "o", append(staying, id)
			}
			records = append(records, event(t, org, id, time.Now().Add(-time.Duration(24*day)*time.Hour), ""))
		}
	}
	statuses(t, s, records...)

	ctx, cancel := context.WithCancel(t.Context())
	all := readers()
	for _, r := range all {
		go r.read(ctx, t, open(t, options), func() []string { return staying })
	}
	followed := make(chan error, 1)
	go func() { followed <- keepReadingFeed(ctx, open(t, options), perDay) }()
	for day := days - 1; day > 0; day-- {
		for _, r := range all {
			r.waitFor(t, 1)
		}
		index := s.partitionOf(time.Now().Add(-time.Duration(24*day) * time.Hour))
		if err := s.client.do(t.Context(), esapi.IndicesDeleteRequest{Index: []string{index}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	for _, r := range all {
		<-r.stopped
		t.Log(r.kind, r.answers(), r.refusals())
	}
	if err := <-followed; err != nil {
		t.Errorf("read the feed: %v", err)
	}
	if found, err := readPages(t.Context(), s, 7); err != nil || len(found) != len(staying) {
		t.Errorf("%d records stay, %v; want %d", len(found), err, len(staying))
	}
}

// keepReadingFeed reads the feed from its beginning, again and again, until ctx ends.
func keepReadingFeed(ctx context.Context, s *Store, least int) error {
	for ctx.Err() == nil {
		count, err := readFeed(context.WithoutCancel(ctx), s)
		known := (*audit.Error)(nil)
		switch {
		case errors.As(err, &known) && known.Code == audit.Unavailable:
		case err != nil:
			return err
		case count < least:
			return fmt.Errorf("it has %d records, want at least %d", count, least)
		}
	}
	return nil
}
