package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAfterTheKeyIsLostTheRestGoesOn(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	url, _, stop := startServer(t, data, "127.0.0.1:0")
	id := destinationID(t, fetch(t, http.MethodPost, url+destinations, webhookWithPassword("private")), http.StatusCreated)
	file := strings.Replace(webhookWithPassword("kept"), `"webhook","location":"https://example.com/in"`, `"file","location":"file://./kept.log"`, 1)
	file, _, _ = strings.Cut(file, `,"authentication"`)
	kept := destinationID(t, fetch(t, http.MethodPost, url+destinations, file+"}}"), http.StatusCreated)
	if got := authtrail(t, "forget-secrets", "--data", data); got.code != exitFailed || !strings.Contains(got.err, "stop the server") {
		t.Errorf("while a server runs: %+v", got)
	}
	stop()
	if got := mustRun(t, "forget-secrets", "--data", data); got != "the key opens what is in the store; nothing was forgotten\n" {
		t.Errorf("with the key: %s", got)
	}
	if err := os.Remove(filepath.Join(data, secretKeyFile)); err != nil {
		t.Fatal(err)
	}
	if got := authtrail(t, "serve", "--listen", "127.0.0.1:0", "--data", data); got.code == exitOK || !strings.Contains(got.err, "authtrail forget-secrets") {
		t.Errorf("a server without its key: %+v", got)
	}
	got := mustRun(t, "forget-secrets", "--data", data)
	for _, want := range []string{"org one: destination private (" + id + ") is disabled; it authenticated by http_basic\n", "the secrets of 1 destinations are forgotten"} {
		if !strings.Contains(got, want) || strings.Contains(got, kept) {
			t.Errorf("it says\n%swant %s", got, want)
		}
	}
	url, _, stop = startServer(t, data, "127.0.0.1:0")
	defer stop()
	if got := fetch(t, http.MethodGet, url+destinations+"/"+id, ""); got.status != http.StatusOK || !strings.Contains(got.body, `"enabled":false`) ||
		strings.Contains(got.body, "authentication") {
		t.Errorf("the destination: %+v", got)
	}
	if got := fetch(t, http.MethodGet, url+destinations+"/"+kept, ""); !strings.Contains(got.body, `"enabled":true`) {
		t.Errorf("the other: %+v", got)
	}
	if got := fetch(t, http.MethodPut, url+destinations+"/"+id, webhookWithPassword("private")); got.status != http.StatusOK || !strings.Contains(got.body, "swordfish") {
		t.Errorf("with its secrets again: %+v", got)
	}
}
