package elastic

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

// refreshAll refreshes indices, all copies of their shards but those that were
// absent before. The engine does not count a copy that it cannot reach as failed:
// one that falls away in that moment, and is searched when it is back or
// another was made the primary, would hide what it holds.
func (s *Store) refreshAll(ctx context.Context, indices []string, absent int) error {
	var answer struct {
		Shards struct {
			Total      int `json:"total"`
			Successful int `json:"successful"`
		} `json:"_shards"`
	}
	err := s.client.do(ctx, esapi.IndicesRefreshRequest{Index: indices}, &answer)
	left := answer.Shards.Total - answer.Shards.Successful
	switch {
	case hasStatus(err, http.StatusNotFound):
		return errDropped
	case err != nil:
		return err
	case answer.Shards.Total == 0 || left > absent:
		return unavailable("Elasticsearch could answer only in part", fmt.Errorf("%d copies of shards were not refreshed: %w", left, errUnseen))
	}
	return nil
}

// errUnseen says that what a copy of a shard holds may not be visible.
var errUnseen = errors.New("a copy fell away")

// absentOf is how many copies of the shards are not there.
func absentOf(shards []shard) (absent int) {
	for _, s := range shards {
		absent += s.absent
	}
	return absent
}

// whenSeen reads when all that this process has acknowledged, and that the queries
// may find, can be seen.
func whenSeen[T any](ctx context.Context, s *Store, queries []audit.Query, read func() (T, error)) (answer T, err error) {
	if err := s.seen(ctx, queries...); err != nil {
		return answer, err
	}
	return read()
}

// seen returns when all that this process has acknowledged, and that the queries may
// find, can be seen. What is recorded of each reading would else hold up the next.
func (s *Store) seen(ctx context.Context, queries ...audit.Query) error {
	began := time.Now()
	err := s.refreshes.seen(ctx, slices.ContainsFunc(queries, func(q audit.Query) bool {
		return slices.ContainsFunc(s.format.Apart, func(kind audit.Kind) bool { return q.Wants(kind, s.format.Format) })
	}))
	if err != nil {
		s.client.waitedInVain(err, time.Since(began))
	}
	return err
}

// refreshWritten makes what was written to the indices visible. Where copies are
// absent, or a partition was dropped since, that takes a look at all partitions.
func (s *Store) refreshWritten(indices []string) error {
	ctx := context.Background() // the client ends it in time, or when the store closes
	err := errDropped
	if len(indices) <= maxNamedIndices {
		err = s.refreshAll(ctx, indices, 0)
	}
	for tries := 0; tries < attempts && (errors.Is(err, errUnseen) || errors.Is(err, errDropped)); tries++ {
		var shards []shard
		if shards, err = s.readShards(ctx); err == nil && len(shards) > 0 {
			err = s.refreshAll(ctx, []string{s.names.records()}, absentOf(shards))
		}
	}
	if err != nil {
		return fmt.Errorf("refresh what was written: %w", err)
	}
	return nil
}
