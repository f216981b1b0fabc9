package sqlite

import (
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB) audit.Store { return open(t) })
}
