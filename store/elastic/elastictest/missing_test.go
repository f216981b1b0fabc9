package elastictest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Where a machine has no Elasticsearch and no way to get one, tests are skipped
// in one line, and fail in CI. The test runs another test of this program on
// such a machine: no engine, no programs, no cache.
func TestWithoutElasticsearchTestsSkipAndFailInCI(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	tests := []struct {
		name, ci, want string
		fails          bool
	}{
		{name: "on a developer's machine", want: "--- SKIP: TestSharedServerStoresAndFinds"},
		{name: "in CI", ci: "true", want: "--- FAIL: TestSharedServerStoresAndFinds", fails: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(self, "-test.v", "-test.run=^TestSharedServerStoresAndFinds$")
			cmd.Env = []string{"HOME=" + empty, "CI=" + test.ci, "DOCKER_HOST=unix://" + empty + "/none.sock", "PATH=" + bashOnly(t)}
			output, err := cmd.CombinedOutput()
			if (err != nil) != test.fails {
				t.Errorf("it ended with %v", err)
			}
			for _, want := range []string{test.want, "mvn is missing"} {
				if !strings.Contains(string(output), want) {
					t.Errorf("it did not say %q:\n%s", want, output)
				}
			}
		})
	}
}

// bashOnly returns a folder with bash and mkdir in it, for a script that needs more.
func bashOnly(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"bash", "mkdir"} {
		program, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(program, dir+"/"+name); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
