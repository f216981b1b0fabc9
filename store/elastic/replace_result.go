package elastic

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// result says what became of all the changes.
func (r *replacing) result(ctx context.Context) error {
	conflict := &audit.Error{Code: audit.Conflict, Message: "a row has changed meanwhile, or exists already"}
	var doubtful []int
	conflicts := 0
	for i, end := range r.ends {
		switch {
		case end.Status == audit.Rejected:
			return fmt.Errorf("the row %s: %s", r.changes[i].Row.UniqueID, end.Reason)
		case end.Status == audit.Duplicate && end.doubtful:
			doubtful = append(doubtful, i)
		case end.Status == audit.Duplicate:
			conflicts++
		}
	}
	if conflicts > 0 {
		return conflict
	}
	done, err := r.areDone(ctx, doubtful)
	switch {
	case err != nil:
		return err
	case !done:
		return conflict
	}
	return nil
}

// present is a document that was read by its _id.
type present struct {
	Found  bool            `json:"found"`
	Source source          `json:"_source"`
	Error  json.RawMessage `json:"error"`
}

// areDone reports whether changes were made that were sent more than once, and then
// met something else than they were for: themselves, if what is there is byte
// for byte what was sent.
func (r *replacing) areDone(ctx context.Context, changes []int) (bool, error) {
	if len(changes) == 0 {
		return true, nil
	}
	found, err := r.read(ctx, changes)
	if err != nil {
		return false, err
	}
	for at, i := range changes {
		if !r.isDone(i, found[at]) {
			return false, nil
		}
	}
	return true, nil
}

func (r *replacing) isDone(i int, is present) bool {
	change := r.changes[i]
	switch {
	case len(is.Error) > 0: // the index is gone
		return false
	case change.Remove || !is.Found:
		return change.Remove && !is.Found
	}
	want := change.Row.Stored()
	want.Time = want.Time.UTC()
	return is.Source.stored() == want
}

// read reads what is there now in the place of some changes.
func (r *replacing) read(ctx context.Context, changes []int) ([]present, error) {
	type wanted struct {
		Index  string     `json:"_index"`
		ID     string     `json:"_id"`
		Source dsl.Source `json:"_source"`
	}
	var asked struct {
		Docs []wanted `json:"docs"`
	}
	for _, i := range changes {
		asked.Docs = append(asked.Docs, wanted{r.actions[i].index, r.actions[i].id, r.store.format.wholeRow()})
	}
	var answer struct {
		Docs []present `json:"docs"`
	}
	if err := r.store.client.do(ctx, esapi.MgetRequest{Body: jsonBody(asked)}, &answer); err != nil {
		return nil, fmt.Errorf("read rows back: %w", err)
	}
	if len(answer.Docs) != len(changes) {
		return nil, unavailable("Elasticsearch could answer only in part", nil)
	}
	return answer.Docs, nil
}
