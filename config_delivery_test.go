package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSettingsOfDeliveriesThatCannotWorkAreNamed(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*DeliveryConfig){
		`--delivery-allow: "10.0.0.0/33"`:           func(d *DeliveryConfig) { d.Allow = []string{"10.1.0.0/16", "10.0.0.0/33"} },
		"the network is 10.0.0.0/8":                 func(d *DeliveryConfig) { d.Allow = []string{"10.1.2.3/8"} },
		"--delivery-key-file: give both or neither": func(d *DeliveryConfig) { d.CertificateFile = "client.crt" },
		"--delivery-certificate-file":               func(d *DeliveryConfig) { d.KeyFile = "client.key" },
		"--delivery-pause-after 0s":                 func(d *DeliveryConfig) { d.PauseAfter = 0 },
		"--delivery-file-keep -1":                   func(d *DeliveryConfig) { d.FileKeep = -1 },
	} {
		c := defaultConfig()
		change(&c.Delivery)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	got := authtrail(t, "serve", "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--delivery-certificate-file", "/nowhere.crt", "--delivery-key-file", "/nowhere.key")
	if got.code == exitOK || !strings.Contains(got.err, "--delivery-certificate-file") || !strings.Contains(got.err, "/nowhere.crt") {
		t.Errorf("without the files: %+v", got)
	}
}

func TestAFolderOfDeliveredFilesThatCannotBeMadeIsRefusedAtStart(t *testing.T) {
	t.Parallel()
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{plain, filepath.Join(plain, "below")} {
		got := authtrail(t, "serve", "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--delivery-dir", dir)
		if got.code != exitFailed || !strings.Contains(got.err, "--delivery-dir: ") || !strings.Contains(got.err, "not a directory") {
			t.Errorf("%s: %+v", dir, got)
		}
	}
}

func TestAFolderOfDeliveredFilesThatIsNoneIsNotBlamedOnALocation(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "delivered"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	url, _, _ := startServer(t, data, "127.0.0.1:0")
	got := fetch(t, http.MethodPost, url+destinations, fileDestination("kept"))
	if got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "--delivery-dir") || strings.Contains(got.body, "spec.location") {
		t.Errorf("%+v", got)
	}
}
