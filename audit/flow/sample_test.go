package flow_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

const sampleData = "../../testdata"

// afterSample is when the sample is looked at: long after its last record.
var afterSample = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

// attempt is the auth records of one org that carry one request id.
type attempt struct {
	org, requestID string
	records        []*audit.Record
}

func (a *attempt) build() *audit.Flow {
	return flow.Build(a.org, a.requestID, a.records, afterSample, idle)
}

// sampleRecords decodes the sample events, repeats included.
var sampleRecords = sync.OnceValues(func() ([]*audit.Record, error) {
	var records []*audit.Record
	err := eachLine("sample-events.ndjson", func(line []byte) error {
		r, err := audit.DecodeEvent(line, "")
		records = append(records, r)
		return err
	})
	return records, err
})

func sampleAttempts(t testing.TB) map[audit.Key]*attempt {
	t.Helper()
	records, err := sampleRecords()
	if err != nil {
		t.Fatal(err)
	}
	return attemptsOf(records)
}

func attemptsOf(records []*audit.Record) map[audit.Key]*attempt {
	attempts := map[audit.Key]*attempt{}
	for _, r := range records {
		id, _ := r.Get(query.RequestID)
		if r.Kind != audit.KindAuth || id == "" {
			continue
		}
		key := audit.Key{Org: r.Org, UniqueID: id}
		if attempts[key] == nil {
			attempts[key] = &attempt{org: r.Org, requestID: id}
		}
		attempts[key].records = append(attempts[key].records, r)
	}
	return attempts
}

func eachLine(name string, read func([]byte) error) error {
	file, err := os.Open(filepath.Join(sampleData, name))
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, audit.MaxEventBytes)
	for lines.Scan() {
		if err := read(lines.Bytes()); err != nil {
			return err
		}
	}
	return lines.Err()
}

// truth is what is known of a sample attempt.
type truth struct {
	Org       string    `json:"org_id"`
	RequestID string    `json:"request_id"`
	Kind      string    `json:"kind"`
	Outcome   string    `json:"outcome"`
	LastStage string    `json:"last_stage"`
	Records   []string  `json:"records"`
	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended"`
}

func sampleTruth(t *testing.T) []truth {
	t.Helper()
	var all []truth
	err := eachLine("sample-truth.ndjson", func(line []byte) error {
		var one truth
		err := json.Unmarshal(line, &one)
		all = append(all, one)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
