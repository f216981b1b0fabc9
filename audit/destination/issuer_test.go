package destination_test

import (
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

func TestAServerThatCannotSignTokensTakesNoWebhookThatNeedsThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	without := destination.New(destination.Options{Registry: w.registry, Vault: w.vault(), Folder: destination.Folder{Path: w.folder}, NoIssuer: true})
	for members, refused := range map[string]bool{
		`,"authentication":{"authentication_type":"agilicus_bearer"}`:                                                                                         true,
		`,"authentication":{"authentication_type":"oauth2","oauth2":{"token_url":"https://i/","client_id":"c","federated_audience":"a"}}`:                     true,
		`,"authentication":{"authentication_type":"oauth2","oauth2":{"token_url":"https://i/","client_id":"c","client_secret":"s","federated_audience":"a"}}`: false,
		`,"authentication":{"authentication_type":"oauth2","oauth2":{"token_url":"https://i/","client_id":"c"}}`:                                              false,
		`,"authentication":{"authentication_type":"client_certificate"}`:                                                                                      false,
		``: false,
	} {
		draft := webhook(t, "o", "a", members)
		created, err := without.Create(t.Context(), draft)
		if !refused {
			if err != nil {
				t.Errorf("%s: %v", members, err)
			} else if err := without.Delete(t.Context(), audit.Orgs("o"), created.ID); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if _, sketched := without.Sketch(draft); !isCode(err, audit.BadUserInput) || !isCode(sketched, audit.BadUserInput) ||
			audit.AsError(err).Field != "spec.authentication.authentication_type" || !strings.Contains(err.Error(), "--public-url") {
			t.Errorf("%s: %v, %v", members, err, sketched)
		}
	}
}

// A server may have lost the option: what it stores already can be switched off, and goes
// on when it has the option again.
func TestWithoutTheOptionWhatNeedsTokensCanBeDisabledOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := webhook(t, "o", "a", `,"authentication":{"authentication_type":"agilicus_bearer"}`)
	stored, err := w.process(nil).Create(t.Context(), made)
	if err != nil {
		t.Fatal(err)
	}
	without := destination.New(destination.Options{Registry: w.registry, Vault: w.vault(), Folder: destination.Folder{Path: w.folder}, NoIssuer: true})
	replace := func(change func(*destination.Spec)) error {
		draft := destination.Destination{Spec: made.Spec}
		change(&draft.Spec)
		_, err := without.Replace(t.Context(), audit.Orgs("o"), stored.ID, draft)
		return err
	}
	if err := replace(func(s *destination.Spec) { s.Comment = "changed" }); !isCode(err, audit.BadUserInput) {
		t.Errorf("replaced by one that it cannot deliver to: %v", err)
	}
	if err := replace(func(s *destination.Spec) { s.Enabled = false }); err != nil {
		t.Errorf("disabled: %v", err)
	}
	if err := replace(func(s *destination.Spec) { s.Type, s.Location = destination.File, "file://./a.log" }); err != nil {
		t.Errorf("a file, which needs nothing: %v", err)
	}
}
