package elastic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// copiedSoFar is kept in the mapping of the new index, so that a run goes on
// where the one before was killed.
type copiedSoFar struct {
	Next    []int64 `json:"next"` // for each shard of the source, the _seq_no to go on with
	Records int64   `json:"records"`
}

// rebuildingMeta is the _meta of a rebuilt index.
type rebuildingMeta struct {
	mappingMeta
	Copied copiedSoFar `json:"copied"`
}

// prepare makes the new index, or finds how far a former run has filled it.
func (r *rebuilding) prepare(ctx context.Context) error {
	shards, err := r.shards(ctx)
	if err != nil {
		return err
	}
	r.target = r.store.names.rebuilt(r.stretch) + r.store.format.rebuiltVersion() + fmt.Sprintf("%016x", shards[0].key.index)
	r.copied.Next = make([]int64, len(shards))
	layout := r.store.options.layout()
	layout.Aliases = map[string]struct{}{r.store.names.copier(r.stretch): {}}
	r.store.aliasItself(r.target, layout.Aliases)
	layout.Settings.Shards = strconv.Itoa(len(shards)) // so that each shard's records stay together, in their order
	err = r.store.client.do(ctx, esapi.IndicesCreateRequest{Index: r.target, Body: jsonBody(layout)}, nil)
	switch {
	case alreadyExists(err):
		return r.resume(ctx)
	case err != nil:
		return fmt.Errorf("make the new index: %w", err)
	}
	return nil
}

// resume reads how far a former run came.
func (r *rebuilding) resume(ctx context.Context) error {
	var answer map[string]struct {
		Mappings struct {
			Meta rebuildingMeta `json:"_meta"`
		} `json:"mappings"`
	}
	if err := r.store.client.do(ctx, esapi.IndicesGetMappingRequest{Index: []string{r.target}}, &answer); err != nil {
		return fmt.Errorf("read how far the copy is: %w", err)
	}
	if copied := answer[r.target].Mappings.Meta.Copied; len(copied.Next) == len(r.copied.Next) {
		r.copied = copied
	}
	return nil
}

// save keeps how far the copy is.
func (r *rebuilding) save(ctx context.Context) error {
	body := struct {
		Meta rebuildingMeta `json:"_meta"`
	}{rebuildingMeta{r.store.format.meta(), r.copied}}
	if err := r.store.client.do(ctx, esapi.IndicesPutMappingRequest{Index: []string{r.target}, Body: jsonBody(body)}, nil); err != nil {
		return fmt.Errorf("keep how far the copy is: %w", err)
	}
	return nil
}

// shards returns those of the source; errDropped when it is no more.
func (r *rebuilding) shards(ctx context.Context) ([]shard, error) {
	shards, err := r.store.readShards(ctx)
	if err != nil {
		return nil, err
	}
	shards = slices.DeleteFunc(shards, func(s shard) bool { return s.index != r.source })
	if len(shards) == 0 {
		return nil, errDropped
	}
	return shards, nil
}

// pass copies what every copy in sync of the source has by now, and returns how
// many records that were. When nothing is written any more it copies everything.
func (r *rebuilding) pass(ctx context.Context, everything bool) (count int64, err error) {
	shards, err := r.shards(ctx)
	for ; err == nil && everything && !settled(shards, highestOf(shards)); shards, err = r.shards(ctx) {
		if err := r.store.feed.pause(ctx, 50*time.Millisecond, nil); err != nil {
			return 0, err
		}
	}
	if err != nil {
		return 0, err
	}
	if err := r.store.refreshAll(ctx, []string{r.source}, absentOf(shards)); err != nil {
		return 0, err
	}
	before := r.copied.Records
	r.state.Estimate = before
	for _, s := range shards {
		r.state.Estimate += s.checkpoint + 1 - r.copied.Next[s.key.number]
	}
	for _, s := range shards {
		if err := r.copyShard(ctx, s); err != nil {
			return 0, err
		}
	}
	return r.copied.Records - before, r.save(ctx)
}

const (
	copyBytes = 4 << 20 // of the records that are read at once, about
	saveEvery = 20_000  // records, at least
)

// copyShard copies what a shard has up to its checkpoint.
func (r *rebuilding) copyShard(ctx context.Context, s shard) error {
	number, size, saved := s.key.number, 50, r.copied.Records
	for r.copied.Next[number] <= s.checkpoint {
		hits, err := r.read(ctx, s, size)
		switch {
		case errors.Is(err, errTooLarge) && size > 1:
			size = max(1, size/8)
			continue
		case err != nil:
			return err
		}
		if len(hits) == 0 {
			r.copied.Next[number] = s.checkpoint + 1
			break
		}
		bytes, err := r.write(ctx, s, hits)
		if err != nil {
			return err
		}
		size = min(max(copyBytes/(bytes/len(hits)+1), 5), 2_000)
		r.copied.Next[number] = hits[len(hits)-1].number() + 1
		r.copied.Records += int64(len(hits))
		if r.copied.Records-saved >= saveEvery {
			if err := r.save(ctx); err != nil {
				return err
			}
			saved = r.copied.Records
		}
		r.report()
	}
	return nil
}

func (r *rebuilding) report() {
	r.state.Copied = r.copied.Records
	if r.progress != nil {
		r.progress(r.state)
	}
}

// read returns the next records of a shard, in the order in which it numbered them.
func (r *rebuilding) read(ctx context.Context, s shard, size int) ([]feedHit, error) {
	var answer struct {
		Hits struct {
			Hits []feedHit `json:"hits"`
		} `json:"hits"`
	}
	search := dsl.Search{
		Query: dsl.Range{Field: "_seq_no", From: r.copied.Next[s.key.number], To: s.checkpoint + 1},
		Sort:  []dsl.Sort{{Field: "_seq_no", Ascending: true}}, Size: size, Source: append(r.store.format.wholeRow(), fieldCopied, fieldCopiedSeq),
	}
	request := esapi.SearchRequest{Index: []string{r.source}, Preference: "_shards:" + strconv.Itoa(s.key.number),
		Body: jsonBody(search), AllowPartialSearchResults: no}
	if err := r.store.client.do(ctx, request, &answer); err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	return answer.Hits.Hits, nil
}

// write stores the records in the new index, and returns how many bytes they have.
// A row that was replaced since it was copied takes the place of its former copy.
func (r *rebuilding) write(ctx context.Context, s shard, hits []feedHit) (bytes int, err error) {
	copies, do := bulk{format: r.store.format}, create
	if r.store.format.replaced() {
		do = put
	}
	for i, hit := range hits {
		record := r.store.format.record(hit.spot, hit.Source)
		bytes += len(record.Raw)
		copies.add(i, action{verb: do, index: r.store.names.copier(r.stretch), id: idOf(record.Org, record.UniqueID)}, record, hit.origin(s.key))
	}
	var refused error
	err = r.store.sendBulk(ctx, &copies, func(item bulkItem, outcome audit.Outcome) {
		if outcome.Status == audit.Rejected { // a duplicate was copied by a run that was killed
			refused = fmt.Errorf("the record with the unique_id %s: %s", hits[item.at].Source.Meta.UniqueID, outcome.Reason)
		}
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return 0, fmt.Errorf("copy records: %w", err)
	}
	return bytes, nil
}

// origin returns where a record was first stored: in the shard that it was read
// from, or where that one's copy comes from.
func (h feedHit) origin(key shardKey) origin {
	if h.Source.Copied != "" {
		return origin{h.Source.Copied, h.Source.CopiedSeq}
	}
	return origin{originOf(key), h.number()}
}

// originOf is what fieldCopied says of the records that were copied from a shard.
func originOf(key shardKey) string { return fmt.Sprintf("%016x/%d", key.index, key.number) }
