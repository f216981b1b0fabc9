package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/authtrail/authtrail/audit/secret"
	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// webhookWithPassword is a destination that has a secret.
func webhookWithPassword(name string) string {
	return fmt.Sprintf(`{"spec":{"enabled":true,"name":%q,"org_id":"one","destination_type":"webhook","location":"https://example.com/in","comment":"",
		"filters":[],"authentication":{"authentication_type":"http_basic","http_basic":{"username":"me","password":"swordfish"}}}}`, name)
}

// destinationID returns the id in an answer that has a destination.
func destinationID(t *testing.T, got reply, status int) string {
	t.Helper()
	var d struct{ Metadata struct{ ID string } }
	if err := json.Unmarshal([]byte(got.body), &d); err != nil || got.status != status || d.Metadata.ID == "" {
		t.Fatalf("answered %d %s, want a destination with %d", got.status, got.body, status)
	}
	return d.Metadata.ID
}

const destinations = "/v1/audit_destinations"

func TestDestinationsNeedTheirRole(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	owner, viewer, foreigner := g.token("one", "owner"), g.token("one", "viewer"), g.token("two", "owner")
	answer, body := g.do(owner, http.MethodPost, destinations, webhookWithPassword("a"))
	path := destinations + "/" + destinationID(t, reply{status: answer.StatusCode, body: body}, http.StatusCreated)
	for _, test := range []struct {
		method, path, token, body string
		status                    int
		sees                      string
	}{
		{"GET", path, "", "", 401, "UNAUTHENTICATED"},
		{"POST", destinations, "", webhookWithPassword("b"), 401, "UNAUTHENTICATED"},
		{"GET", path, viewer, "", 200, `"authentication":{"authentication_type":"http_basic"}`},
		{"GET", destinations, viewer, "", 200, `"authentication":{"authentication_type":"http_basic"}`},
		{"POST", destinations, viewer, webhookWithPassword("b"), 403, "FORBIDDEN"},
		{"PUT", path, g.token("one", "editor"), webhookWithPassword("b"), 403, "FORBIDDEN"},
		{"GET", path, foreigner, "", 404, "NOT_FOUND"},
		{"DELETE", path, foreigner, "", 404, "NOT_FOUND"},
		{"DELETE", path + "?org_id=one", foreigner, "", 403, "FORBIDDEN"},
		{"POST", destinations, foreigner, webhookWithPassword("b"), 403, "FORBIDDEN"},
		{"GET", path, owner, "", 200, "swordfish"},
		{"DELETE", path, owner, "", 204, ""},
	} {
		answer, body := g.do(test.token, test.method, test.path, test.body)
		if answer.StatusCode != test.status || !strings.Contains(body, test.sees) || test.sees != "swordfish" && strings.Contains(body, "swordfish") {
			t.Errorf("%s %s: %d %s, want %d %s", test.method, test.path, answer.StatusCode, body, test.status, test.sees)
		}
	}
}

func TestTheKeyOfSecretsIsMadeOnceAndNeededAfterwards(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	key := filepath.Join(data, "secret.key")
	url, log, stop := startServer(t, data, "127.0.0.1:0", "--log-level", "debug")
	if _, err := os.Stat(key); err == nil {
		t.Error("there is a key before there is a secret")
	}
	path := destinations + "/" + destinationID(t, fetch(t, http.MethodPost, url+destinations, webhookWithPassword("a")), http.StatusCreated)
	if info, err := os.Stat(key); err != nil || info.Mode() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
	fetch(t, http.MethodPost, url+destinations, strings.Replace(webhookWithPassword("b"), `"me"`, `"m:e"`, 1))
	stop()
	if strings.Contains(log.String(), "swordfish") {
		t.Errorf("the log has a secret: %s", log)
	}
	files, err := filepath.Glob(data + "/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if text, _ := os.ReadFile(file); strings.Contains(string(text), "swordfish") {
			t.Errorf("%s has a secret", file)
		}
	}

	url, _, stop = startServer(t, data, "127.0.0.1:0")
	if got := fetch(t, http.MethodGet, url+path, ""); !strings.Contains(got.body, "swordfish") {
		t.Errorf("after a restart: %+v", got)
	}
	stop()

	rotated := filepath.Join(t.TempDir(), "keys")
	write := func(lines ...string) {
		if err := os.WriteFile(rotated, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	aside := key + ".aside"
	if err := os.Rename(key, aside); err != nil {
		t.Fatal(err)
	}
	if got := authtrail(t, "serve", "--listen", "127.0.0.1:0", "--data", data); got.code == exitOK || !strings.Contains(got.err, key+", which is missing") {
		t.Errorf("without its key: %+v", got)
	}
	if got := authtrail(t, "search", "--data", data, "nothing"); !strings.Contains(got.err, "nothing matches") {
		t.Errorf("a command that needs no secrets: %+v", got)
	}
	if _, err := os.Stat(key); err == nil {
		t.Error("a command made another key")
	}
	if err := os.Rename(aside, key); err != nil {
		t.Fatal(err)
	}
	newest := secret.Generate()
	write(newest)
	got := authtrail(t, "serve", "--listen", "127.0.0.1:0", "--data", data, "--secret-key-file", rotated)
	if got.code == exitOK || !strings.Contains(got.err, "--secret-key-file") || !strings.Contains(got.err, "is not in "+rotated) {
		t.Errorf("with another key: %+v", got)
	}
	write(newest, read(t, key))
	for range 2 {
		url, _, stop = startServer(t, data, "127.0.0.1:0", "--secret-key-file", rotated)
		if got := fetch(t, http.MethodGet, url+path, ""); !strings.Contains(got.body, "swordfish") {
			t.Errorf("with a newer key: %+v", got)
		}
		stop()
		write(newest) // which is all that is needed from now on
	}
}

func TestAKeyFileThatIsNone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "no such file", "swordfish\n": "line 1 is no key"} {
		file := filepath.Join(t.TempDir(), "keys")
		if text != "" {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got := authtrail(t, "serve", "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--secret-key-file", file)
		if got.code == exitOK || !strings.Contains(got.err, "--secret-key-file") || !strings.Contains(got.err, want) || strings.Contains(got.err, "swordfish") {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestTwoServersOnOneClusterHaveTheSameDestinations(t *testing.T) {
	t.Parallel()
	prefix, key := elastictest.Prefix(t), filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(secret.Generate()), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--store", "elasticsearch", "--elasticsearch-url", elastictest.URL(t), "--elasticsearch-index-prefix", prefix,
		"--elasticsearch-replicas", "0"}
	start := func(more ...string) string {
		url, _, _ := startServer(t, t.TempDir(), "127.0.0.1:0", append(slices.Clone(flags), more...)...)
		return url + destinations
	}
	keyless := start()
	if got := fetch(t, http.MethodPost, keyless, webhookWithPassword("a")); got.status != http.StatusBadRequest || !strings.Contains(got.body, "--secret-key-file") {
		t.Errorf("a secret without a key: %+v", got)
	}
	one, two := start("--secret-key-file", key), start("--secret-key-file", key)

	for round := range 5 {
		id := destinationID(t, fetch(t, http.MethodPost, one, webhookWithPassword("a")), http.StatusCreated)
		if got := fetch(t, http.MethodGet, two, ""); strings.Count(got.body, `"id":"`+id) != 1 || !strings.Contains(got.body, "swordfish") {
			t.Fatalf("round %d: the other lists %+v", round, got)
		}
		destinationID(t, fetch(t, http.MethodPut, two+"/"+id, webhookWithPassword("b")), http.StatusOK)
		if got := fetch(t, http.MethodGet, one+"?name=b", ""); !strings.Contains(got.body, id) {
			t.Fatalf("round %d: after the replacement the first lists %+v", round, got)
		}
		if got := fetch(t, http.MethodDelete, two+"/"+id, ""); got.status != http.StatusNoContent {
			t.Fatalf("round %d: %+v", round, got)
		}
		if got := fetch(t, http.MethodGet, one, ""); got.body != `{"limit":500,"audit_destinations":[]}`+"\n" {
			t.Fatalf("round %d: after the deletion the first lists %+v", round, got)
		}
	}
	for round := range 5 {
		exactlyOneIsCreated(t, fmt.Sprint("name ", round), one, two)
	}
	if got := fetch(t, http.MethodGet, keyless, ""); got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "a key that this server does not have") {
		t.Errorf("a server without the key lists %+v", got)
	}
	if got := authtrail(t, append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)...); got.code == exitOK || !strings.Contains(got.err, "was not given") {
		t.Errorf("started without a key: %+v", got)
	}
	other := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(other, []byte(secret.Generate()), 0o600); err != nil {
		t.Fatal(err)
	}
	got := authtrail(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--secret-key-file", other}, flags...)...)
	if got.code == exitOK || !strings.Contains(got.err, "is not in "+other) {
		t.Errorf("with another key: %+v", got)
	}
}

// exactlyOneIsCreated has several servers create one name at the same moment.
func exactlyOneIsCreated(t *testing.T, name string, servers ...string) {
	t.Helper()
	answers := make([]reply, len(servers))
	var all sync.WaitGroup
	for i, server := range servers {
		all.Go(func() { answers[i] = fetch(t, http.MethodPost, server, webhookWithPassword(name)) })
	}
	all.Wait()
	created, ids := 0, map[string]bool{}
	for _, got := range answers {
		status := http.StatusConflict
		if got.status == http.StatusCreated {
			created++
			status = http.StatusCreated
		}
		ids[destinationID(t, got, status)] = true
	}
	if created != 1 || len(ids) != 1 {
		t.Errorf("%s: %+v", name, answers)
	}
}
