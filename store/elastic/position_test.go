package elastic

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/authtrail/authtrail/audit"
)

func somePlace(shards int) place {
	p := place{next: map[shardKey]int64{}}
	for i := range shards {
		p.last = keyOf(fmt.Sprint("uuid-", i/3), i%3)
		p.next[p.last] = int64(i) * 1_000_003
	}
	return p
}

func TestPositionsAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := somePlace(rapid.IntRange(0, 50).Draw(t, "shards"))
		key := shardKey{rapid.Uint64().Draw(t, "index"), rapid.IntRange(0, 1023).Draw(t, "number")}
		next := rapid.Int64Range(0, 1<<62).Draw(t, "next")
		position := positionAfter(p.base("store"), key, next)
		got, err := parsePosition(position, "store")
		p.next[key] = next
		if err != nil || got.last != key || !maps.Equal(got.next, p.next) {
			t.Fatalf("%s was read as %+v, %v; want %+v", position, got, err, p)
		}
	})
}

func TestPositionsFromElsewhereAreRefused(t *testing.T) {
	t.Parallel()
	p := somePlace(4)
	sound := string(positionAfter(p.base("store"), p.last, 7))
	foreign := map[string]string{
		"another store's": string(positionAfter(p.base("other"), p.last, 7)),
		"SQLite's":        "s1_1f2e3d4c_17",
		"an older form":   strings.Replace(sound, "e1_", "e0_", 1),
		"without a tail":  p.base("store"),
		"too long":        string(positionAfter(somePlace(20_000).base("store"), p.last, 7)),
		"two of them":     sound + sound,
	}
	for i := range sound {
		foreign[fmt.Sprintf("cut after %d", i)] = sound[:max(1, i)]
		foreign[fmt.Sprintf("changed at %d", i)] = sound[:i] + string(rune(sound[i]^1)) + sound[i+1:]
	}
	for what, position := range foreign {
		if _, err := parsePosition(audit.Position(position), "store"); audit.AsError(err) == nil || audit.AsError(err).Code != audit.BadUserInput {
			t.Errorf("a position %s: %v", what, err)
		}
	}
	if _, err := parsePosition(audit.Position(sound), "store"); err != nil {
		t.Errorf("a sound position: %v", err)
	}
}

// A checkpoint holds a position, so it must not grow beyond an entry of the registry.
func TestPositionsInManyShardsFitIntoACheckpoint(t *testing.T) {
	t.Parallel()
	p := somePlace(maxPartitions * 60)
	if position := positionAfter(p.base("store"), p.last, 7); len(position) > maxPositionBytes || maxPositionBytes > audit.MaxEntryBody-1024 {
		t.Errorf("a position in %d shards has %d bytes, of at most %d", len(p.next), len(position), maxPositionBytes)
	}
}
