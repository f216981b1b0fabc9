package elastic

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// ReindexProgress is how far a Reindex is.
type ReindexProgress struct {
	Partition        string // the index that is being made anew
	Number, Of       int    // which one it is, from 1, of how many
	Copied, Estimate int64  // records: of this one, in this run and those before
}

// Reindex makes every partition anew whose mapping is older than this program's.
// Records are read, and their documents made again, here; writers and readers go
// on meanwhile, and rows may be replaced and removed. For its last records a partition takes no writes, which
// wait for it, and then the new index takes the place of the old in one step.
//
// When it was killed, calling it again goes on where it was; until then writers of
// the partition that was about to be replaced may wait. Only one process may call
// it at a time.
func (s *Store) Reindex(ctx context.Context, progress func(ReindexProgress)) error {
	if err := s.dropAbandoned(ctx); err != nil {
		return fmt.Errorf("reindex: %w", err)
	}
	versions, err := s.partitionVersions(ctx)
	if err != nil {
		return fmt.Errorf("reindex: %w", err)
	}
	maps.DeleteFunc(versions, func(_ string, version int) bool { return version >= s.format.version })
	for i, index := range slices.Sorted(maps.Keys(versions)) {
		stretch, known := s.names.stretchOf(index)
		if !known {
			continue // somebody's own index under our alias
		}
		r := &rebuilding{store: s, source: index, stretch: stretch, progress: progress,
			state: ReindexProgress{Partition: index, Number: i + 1, Of: len(versions)}}
		if err := r.run(ctx); err != nil && !errors.Is(err, errDropped) {
			return fmt.Errorf("reindex %s: %w", index, err)
		}
	}
	return nil
}

// dropAbandoned deletes what an older program began to make anew and never finished.
func (s *Store) dropAbandoned(ctx context.Context) error {
	var answer map[string]struct {
		Aliases map[string]struct{} `json:"aliases"`
	}
	request := esapi.IndicesGetAliasRequest{Index: []string{s.names.rebuilt("*")}, AllowNoIndices: yes, IgnoreUnavailable: yes}
	if err := s.client.do(ctx, request, &answer); err != nil {
		return fmt.Errorf("list what was begun: %w", err)
	}
	for index, of := range answer {
		if _, inPlace := of.Aliases[s.names.records()]; inPlace || strings.Contains(index, s.format.rebuiltVersion()) {
			continue
		}
		err := s.client.do(ctx, esapi.IndicesDeleteRequest{Index: []string{index}}, nil)
		if err != nil && !hasStatus(err, http.StatusNotFound) {
			return fmt.Errorf("delete what was begun: %w", err)
		}
	}
	return nil
}

// rebuiltVersion is the part of a rebuilt index's name that says its version.
func (f *format) rebuiltVersion() string { return fmt.Sprintf("-v%d-", f.version) }

// rebuilding is one partition that is being made anew.
type rebuilding struct {
	store    *Store
	source   string // the index as it is
	target   string // the index that takes its place
	stretch  string // of time that both hold
	progress func(ReindexProgress)
	state    ReindexProgress
	copied   copiedSoFar
}

const (
	maxPasses  = 20    // over what was written since the pass before
	fewRecords = 2_000 // that writers wait for
)

func (r *rebuilding) run(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	if err := r.unblock(); err != nil { // where a run was killed at the end
		return err
	}
	for range maxPasses {
		count, err := r.pass(ctx, false)
		if err != nil {
			return err
		}
		if count < fewRecords {
			break
		}
	}
	if err := r.replace(ctx); err != nil {
		return errors.Join(err, r.unblock())
	}
	return nil
}

// replace copies what is left while nothing can be written, and puts the new index in place.
func (r *rebuilding) replace(ctx context.Context) error {
	block := esapi.IndicesAddBlockRequest{Index: []string{r.source}, Block: "write"} // returns when no write is under way
	if err := r.store.client.do(ctx, block, nil); err != nil {
		return fmt.Errorf("stop writes: %w", err)
	}
	if _, err := r.pass(ctx, true); err != nil {
		return err
	}
	if err := r.verify(ctx); err != nil {
		return err
	}
	return r.swap(ctx)
}

// unblock lets writers go on with the old index. It has its own context, since
// the caller's may be why it is called.
func (r *rebuilding) unblock() error {
	settings := strings.NewReader(`{"index.blocks.write":null}`)
	err := r.store.client.do(context.Background(), esapi.IndicesPutSettingsRequest{Index: []string{r.source}, Body: settings}, nil)
	if err != nil && !hasStatus(err, http.StatusNotFound) {
		return fmt.Errorf("let writes go on: %w", err)
	}
	return nil
}

// verify checks that nothing was left behind, and leaves out what is gone.
func (r *rebuilding) verify(ctx context.Context) error {
	records, copies, err := r.counts(ctx)
	if err == nil && copies > records && r.store.format.replaced() {
		if err = r.removeGone(ctx); err == nil {
			records, copies, err = r.counts(ctx)
		}
	}
	switch {
	case err != nil:
		return err
	case records != copies:
		return fmt.Errorf("the copy has %d records of %d", copies, records)
	}
	return nil
}

// counts returns how many records there are, and how many copies of them.
func (r *rebuilding) counts(ctx context.Context) (records, copies int64, err error) {
	var counts [2]struct {
		Count int64 `json:"count"`
	}
	if err := r.store.client.do(ctx, esapi.IndicesRefreshRequest{Index: []string{r.source, r.target}}, nil); err != nil {
		return 0, 0, fmt.Errorf("refresh the copy: %w", err)
	}
	for i, index := range []string{r.source, r.target} {
		if err := r.store.client.do(ctx, esapi.CountRequest{Index: []string{index}}, &counts[i]); err != nil {
			return 0, 0, fmt.Errorf("count the copy: %w", err)
		}
	}
	return counts[0].Count, counts[1].Count, nil
}

// aliasAction is one of the changes that are made in one step.
type aliasAction struct {
	DropIndex *indexName `json:"remove_index,omitempty"`
	Remove    *aliasName `json:"remove,omitempty"`
	Add       *aliasName `json:"add,omitempty"`
}

type indexName struct {
	Index string `json:"index"`
}

type aliasName struct {
	Index string `json:"index"`
	Alias string `json:"alias"`
}

// swap puts the new index in the place of the old, which is deleted.
func (r *rebuilding) swap(ctx context.Context) error {
	body := struct {
		Actions []aliasAction `json:"actions"`
	}{[]aliasAction{
		{DropIndex: &indexName{r.source}},
		{Remove: &aliasName{r.target, r.store.names.copier(r.stretch)}},
		{Add: &aliasName{r.target, r.store.names.records()}},
		{Add: &aliasName{r.target, r.store.names.partition(r.stretch)}},
		{Add: &aliasName{r.target, r.store.names.writers(r.stretch)}},
	}}
	if err := r.store.client.do(ctx, esapi.IndicesUpdateAliasesRequest{Body: jsonBody(body)}, nil); err != nil {
		return fmt.Errorf("put the copy in place: %w", err)
	}
	if err := r.store.refreshWritten([]string{r.target}); err != nil { // on each of its copies
		return err
	}
	r.store.log.InfoContext(ctx, "made a partition anew", "index", r.source, "as", r.target, "records", r.state.Copied)
	return nil
}
