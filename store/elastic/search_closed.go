package elastic

import "errors"

// Searches name the alias of all partitions, and do not ask the engine to ignore what
// is not available: it would leave a partition that somebody has closed out of every
// answer, in silence.

// answered judges the failure of a search of that alias. Before the first record there
// is none, and nothing is found.
func answered(err error) error {
	var failure *engineError
	if !errors.As(err, &failure) {
		return err
	}
	switch failure.Type {
	case "index_not_found_exception":
		return nil
	case "index_closed_exception":
		return unavailable("a partition of the records is closed in Elasticsearch; open it, or delete it", err)
	}
	return err
}
