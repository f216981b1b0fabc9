package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestASearchForAResultThatFindsNothingSaysHowResultsAreSearchedFor(t *testing.T) {
	t.Parallel()
	data := importedSample(t)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"Failed zzzzzz"}, `"failed" is looked for as a word: results are found with result:failure, and how attempts ended with --flows 'outcome:failed'`},
		{[]string{"timeout zzzzzz"}, "found with result:timeout, and how attempts ended with --flows 'outcome:timed_out'"},
		{[]string{"--flows", "zzzzzz success"}, "is found with outcome:succeeded\n"},
		{[]string{"--flows", "zzzzzz failed"}, "authtrail: nothing matches\n"},
		{[]string{"zzzzzz"}, "authtrail: nothing matches\n"},
	} {
		got := authtrail(t, append([]string{"search", "--data", data}, test.args...)...)
		if got.code != exitNothing || !strings.Contains(got.err, test.want) {
			t.Errorf("%q: exit code %d, said %q", test.args, got.code, got.err)
		}
	}
}

func TestASearchForAFieldOfLoginFlowsNamesTheFlag(t *testing.T) {
	t.Parallel()
	got := authtrail(t, "search", "--data", importedSample(t), "outcome:failed")
	if got.code != exitFailed || !strings.Contains(got.err, "authtrail search --flows") {
		t.Errorf("exit code %d: %s", got.code, got.err)
	}
}

func TestAServerWhosePortIsTakenLeavesNoFolderBehind(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	data := filepath.Join(t.TempDir(), "data")
	got := authtrail(t, "serve", "--listen", taken.Addr().String(), "--data", data)
	if got.code != exitFailed || !strings.Contains(got.err, "--listen names another address") {
		t.Errorf("exit code %d: %s", got.code, got.err)
	}
	if _, err := os.Stat(data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder: %v", err)
	}
}

func TestWithoutACommandAllAreListed(t *testing.T) {
	t.Parallel()
	got := authtrail(t)
	if got.code != exitUsage {
		t.Errorf("exit code %d", got.code)
	}
	for _, command := range []string{"demo", "serve", "import", "tail", "search", "flow", "compare", "destinations", "token", "reindex", "rebuild-flows", "forget-secrets", "version", "Look around:"} {
		if !strings.Contains(got.err, "  "+command) && !strings.Contains(got.err, "\n"+command) {
			t.Errorf("%s is missing in\n%s", command, got.err)
		}
	}
}

func TestTheDemoSaysHowCommandsReachIt(t *testing.T) {
	t.Parallel()
	text := demoText("http://127.0.0.1:8080", "/tmp/authtrail-demo-1", 300, 2000)
	for _, want := range []string{
		"authtrail search --flows outcome:failed --server http://127.0.0.1:8080\n", "authtrail tail --server http://127.0.0.1:8080\n",
		"Ctrl-C ends the demo and removes its folder, /tmp/authtrail-demo-1", "  Playground   http://127.0.0.1:8080/graphiql ", "300 logins", "2000 events",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestAMistakeInASearchIsNamedWithItsPlace(t *testing.T) {
	t.Parallel()
	got := authtrail(t, "search", "--data", importedSample(t), "denied colour:red")
	if got.code != exitFailed || !strings.Contains(got.err, "column 8") || !strings.Contains(got.err, "colour") {
		t.Errorf("exit code %d: %s", got.code, got.err)
	}
}
