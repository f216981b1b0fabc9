package elastic

import (
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/storetest"
)

func TestAStoreIsTheSameWhenItIsOpenedAgain(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	storetest.RunReopen(t, func(t testing.TB, _ string) audit.Store { return open(t, options) })
}
