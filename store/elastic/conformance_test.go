package elastic

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/elastic/elastictest"
	"github.com/authtrail/authtrail/store/storetest"
)

// A question costs a round trip here and not microseconds, so the property tests
// ask fewer of them: still 540 in the suite. -rapid.checks asks more. And as tests
// mostly wait for the server, which makes the indices of many at once, more of them run
// at a time than there are cores.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.checks": "30", "test.parallel": "8"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// The answers are those of every other store, but that a unique_id sent again
// with another time of its own may lie in another partition, unseen.
func TestStoreDoesWhatEveryStoreMust(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB) audit.Store {
		s, err := Open(context.Background(), Options{URLs: []string{elastictest.URL(t)}, IndexPrefix: elastictest.Prefix(t)})
		if err != nil {
			t.Fatalf("open: %v", err)
		}
		return s
	}, storetest.Except{RepeatAtAnotherTime: true})
}

func TestAStoreOfRowsDoesWhatEveryOneMust(t *testing.T) {
	t.Parallel()
	storetest.RunFlows(t, func(t testing.TB) audit.FlowStore {
		s, err := Open(context.Background(), Options{URLs: []string{elastictest.URL(t)}, IndexPrefix: elastictest.Prefix(t), Format: storetest.FlowFormat()})
		if err != nil {
			t.Fatalf("open: %v", err)
		}
		return s
	})
}
