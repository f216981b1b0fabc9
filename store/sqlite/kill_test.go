package sqlite

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// killDir tells a child process of this test which folder to write to.
const killDir = "AUTHTRAIL_TEST_KILL_DIR"

// TestNothingAcknowledgedIsLostWhenTheProcessIsKilled starts a process that
// appends and prints what was acknowledged, kills it at a random moment, and
// looks at what it left behind; several times over.
func TestNothingAcknowledgedIsLostWhenTheProcessIsKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	acknowledged := map[string]bool{}
	for round := range 4 {
		before := len(acknowledged)
		killAWriter(t, dir, "TestWriterThatIsKilled", round, acknowledged)
		if len(acknowledged) == before {
			t.Errorf("round %d acknowledged nothing", round)
		}
		checkWhole(t, dir, acknowledged)
	}
}

// killAWriter collects what a child acknowledges until it is killed.
func killAWriter(t *testing.T, dir, child string, round int, acknowledged map[string]bool) {
	t.Helper()
	writer := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+child+"$")
	writer.Env = append(os.Environ(), killDir+"="+dir, fmt.Sprintf("AUTHTRAIL_TEST_KILL_ROUND=%d", round))
	output, err := writer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(output)
	var timer *time.Timer
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // the line was cut off with the process
		}
		if timer == nil { // it is at work
			timer = time.AfterFunc(time.Duration(50+rand.IntN(400))*time.Millisecond, func() { _ = writer.Process.Kill() })
		}
		for _, id := range strings.Fields(line) {
			acknowledged[id] = true
		}
	}
	if err := writer.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
}

// checkWhole requires a sound database with every acknowledged record once, in
// the records and in the feed.
func checkWhole(t *testing.T, dir string, acknowledged map[string]bool) {
	t.Helper()
	s, err := Open(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	fed := map[string]int{}
	for position := audit.Position(""); ; {
		batch, err := s.Since(t.Context(), position, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(batch.Records) == 0 {
			break
		}
		for _, record := range batch.Records {
			fed[record.UniqueID]++
		}
		position = batch.Next
	}
	for id := range acknowledged {
		if fed[id] != 1 {
			t.Errorf("%s is in the feed %d times", id, fed[id])
		}
	}
	indexed := everything500()
	indexed.Kinds = []audit.Kind{audit.KindGeneric}
	counts, err := s.Count(t.Context(), []audit.Query{everything500(), indexed})
	if err != nil || counts[0] != len(fed) || counts[1] != len(fed) {
		t.Errorf("%d are in the feed, the records and the index have %v: %v", len(fed), counts, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	checkIntegrity(t, dir)
}

func checkIntegrity(t *testing.T, dir string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	var verdict string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity check: %s, %v", verdict, err)
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO fts(fts) VALUES ('integrity-check')"); err != nil {
		t.Errorf("integrity check of the index: %v", err)
	}
}

// TestWriterThatIsKilled is the child process; by itself it does nothing.
func TestWriterThatIsKilled(t *testing.T) {
	dir := os.Getenv(killDir)
	if dir == "" {
		return // there is nothing to do in the process of the test above
	}
	s, err := Open(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	print := make(chan string)
	for worker := range 3 {
		go func() {
			for batch := 0; ; batch++ {
				print <- appendNumbered(t, s, fmt.Sprintf("r%s-w%d-%d", os.Getenv("AUTHTRAIL_TEST_KILL_ROUND"), worker, batch))
			}
		}()
	}
	for line := range print {
		_, _ = os.Stdout.WriteString(line + "\n")
	}
}

// appendNumbered appends a batch of up to 50 records and returns their ids.
func appendNumbered(t *testing.T, s *Store, name string) string {
	var batch []*audit.Record
	for i := range 1 + rand.IntN(50) {
		at := noon.Add(time.Duration(rand.IntN(1000)) * time.Millisecond)
		batch = append(batch, event(t, fmt.Sprintf("%s-%d", name, i), at, `"note":"`+name+`"`))
	}
	if _, err := s.Append(context.Background(), batch); err != nil {
		t.Error(err)
	}
	return strings.Join(ids(batch), " ")
}
