package elastic

import "errors"

// Searches name the alias of all partitions, and do not ask the engine to ignore what
// is not available: it would leave a partition that somebody has closed out of every
// answer, in silence.

// explained says what it means that the engine has refused something because of a
// closed partition. Its cause names it.
func explained(err error) error {
	if isFailure(err, "index_closed_exception") {
		return unavailable("a partition of the records is closed in Elasticsearch; open it, or delete it", err)
	}
	return err
}

// answered judges the failure of a search of the alias. Before the first record there
// is none, and nothing is found.
func answered(err error) error {
	if isFailure(err, "index_not_found_exception") {
		return nil
	}
	return err
}

func isFailure(err error, kind string) bool {
	var failure *engineError
	return errors.As(err, &failure) && failure.Type == kind
}
