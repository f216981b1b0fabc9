package destination_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/secret"
)

func TestDeliverySettingsAreReadAndWrittenAsTheyWereSent(t *testing.T) {
	t.Parallel()
	const settings = `{"format":"ocsf","content":"login_flows","redactions":[{"field":"user_agent","action":"remove"},` +
		`{"field":"detail.address","action":"hash","why":"law"}],"pause_after_seconds":3600,"colour":"blue"}`
	d := webhook(t, "o", "a", `,"delivery_settings":`+settings)
	want := destination.DeliverySettings{Format: destination.FormatOCSF, Content: destination.ContentLoginFlows, PauseAfter: time.Hour}
	got := *d.Spec.Delivery
	if len(got.Redactions) != 2 || got.Redactions[1].Field != "detail.address" || got.Redactions[1].Action != destination.RedactHash {
		t.Errorf("redactions %+v", got.Redactions)
	}
	got.Redactions, got.Extra = nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	var written struct {
		Spec struct {
			Settings json.RawMessage `json:"delivery_settings"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(d.JSON(), &written); err != nil {
		t.Fatal(err)
	}
	if string(written.Spec.Settings) != settings {
		t.Errorf("written as %s", written.Spec.Settings)
	}
}

func TestDeliverySettingsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	many := strings.TrimSuffix(strings.Repeat(`{"field":"f","action":"hash"},`, 101), ",")
	for settings, want := range map[string]string{
		`[]`:                             "delivery_settings: must be an object",
		`{"format":"xml"}`:               "delivery_settings.format: must be agilicus, unified, ocsf, ecs or cef",
		`{"format":""}`:                  "delivery_settings.format: must not be empty",
		`{"format":1}`:                   "delivery_settings.format: must be a string",
		`{"content":"all"}`:              "delivery_settings.content: must be records or login_flows",
		`{"pause_after_seconds":0}`:      "delivery_settings.pause_after_seconds: must be a whole number from 1",
		`{"pause_after_seconds":"1"}`:    "delivery_settings.pause_after_seconds: must be a whole number from 1",
		`{"redactions":{}}`:              "delivery_settings.redactions: must be a list",
		`{"redactions":[1]}`:             "delivery_settings.redactions[0]: must be an object",
		`{"redactions":[{"field":"f"}]}`: "delivery_settings.redactions[0].action: is missing",
		`{"redactions":[{"field":"f","action":"mask"}]}`:                                  "delivery_settings.redactions[0].action: must be remove or hash",
		`{"redactions":[{"field":"","action":"hash"}]}`:                                   "delivery_settings.redactions[0].field: must be the name",
		`{"redactions":[{"field":"a..b","action":"hash"}]}`:                               "delivery_settings.redactions[0].field: must be the name",
		`{"redactions":[{"field":"f","action":"hash"},{"field":"f","action":"remove"}]}`:  "delivery_settings.redactions[1].field: is that of redactions[0] as well",
		`{"redactions":[{"field":"` + strings.Repeat("x", 257) + `","action":"remove"}]}`: "delivery_settings.redactions[0].field: is longer than 256",
		`{"redactions":[` + many + `]}`:                                                   "delivery_settings.redactions: has more than 100",
		`{"format":"unified"},"webhook_settings":{"format":"agilicus"}`:                   "delivery_settings.format: says unified, and webhook_settings.format says agilicus",
	} {
		body := fmt.Sprintf(`{"spec":{"enabled":true,"name":"a","org_id":"o","destination_type":"webhook","location":"https://h/",
			"comment":"","filters":[],"delivery_settings":%s}}`, settings)
		_, err := destination.Parse([]byte(body))
		if !isCode(err, audit.BadUserInput) || !strings.HasPrefix(audit.AsError(err).Error(), "spec."+want) {
			t.Errorf("%s: %v, want spec.%s", settings, err, want)
		}
	}
	webhook(t, "o", "a", `,"delivery_settings":{"format":"ecs"},"webhook_settings":{"format":"agilicus"}`) // which clients must name
	webhook(t, "o", "a", `,"delivery_settings":null`)
}

const hashed = `,"delivery_settings":{"redactions":[{"field":"source_ip","action":"hash"}]}`

func TestKeysAreMadeWhereTheyAreNeededAndKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.process(nil)
	created := w.create(s, "o", "a")
	first := w.keysOf(s, created.ID)
	bytes, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(first.Signing, "whsec_"))
	if err != nil || len(bytes) != 32 || !strings.HasPrefix(first.Signing, "whsec_") || first.Hashing != nil {
		t.Fatalf("signing key of %d bytes, %v, hashing key of %d", len(bytes), err, len(first.Hashing))
	}
	w.replace(s, created.ID, webhook(t, "o", "b", hashed))
	second := w.keysOf(s, created.ID)
	if second.Signing != first.Signing || len(second.Hashing) != 32 {
		t.Error("the signing key was not kept, or no hashing key was made")
	}
	w.replace(s, created.ID, webhook(t, "o", "b", ""))
	if third := w.keysOf(s, created.ID); !reflect.DeepEqual(third, second) {
		t.Error("the keys were not kept")
	}
	if other := w.keysOf(s, w.create(s, "o", "c").ID); other.Signing == first.Signing {
		t.Error("two destinations have one key")
	}
	listed, err := s.Get(t.Context(), audit.Orgs("o"), created.ID)
	if err != nil || listed.Keys != nil {
		t.Errorf("keys are told before they are revealed: %v", err)
	}
	revealed, _ := s.Reveal(listed)
	if text := fmt.Sprintf("%+v %s", revealed, revealed.JSON()); strings.Contains(text, first.Signing[6:]) {
		t.Error("a destination prints its keys")
	}
}

func TestKeysAreEncryptedAndChangeKeysWithTheSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.process(nil)
	created, err := s.Create(t.Context(), webhook(t, "o", "a", hashed))
	if err != nil {
		t.Fatal(err)
	}
	keys := w.keysOf(s, created.ID)
	entries, err := w.registry.List(t.Context(), audit.EntryQuery{Kind: "destination", Scope: audit.AllOrgs(), Limit: 9})
	if err != nil || len(entries) != 1 || strings.Contains(string(entries[0].Body), keys.Signing[6:]) {
		t.Errorf("%d entries, or the key is readable: %v", len(entries), err)
	}
	w.keys = append(newKeys(t), w.keys...)
	if err := w.process(nil).Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.keys = w.keys[:1]
	if again := w.keysOf(w.process(nil), created.ID); !reflect.DeepEqual(again, keys) {
		t.Error("the keys are not what they were")
	}
}

func TestWithoutAKeyNothingIsSignedAndHashesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := destination.New(destination.Options{Registry: w.registry, Vault: secret.New(secret.Options{Registry: w.registry})})
	if d := w.create(s, "o", "a"); d.Keys != nil {
		t.Error("keys that cannot be kept")
	}
	_, err := s.Create(t.Context(), webhook(t, "o", "b", hashed))
	if !isCode(err, audit.BadUserInput) || audit.AsError(err).Field != "spec.delivery_settings.redactions" {
		t.Errorf("got %v", err)
	}
}

func TestADestinationBeginsWhereTheFeedsEndedBeforeItWasAcknowledged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	end, failure := audit.Position("1"), error(nil)
	s := destination.New(destination.Options{Registry: w.registry, Vault: w.vault(),
		Ends: func(context.Context) (destination.Beginning, error) {
			return destination.Beginning{Records: end, Flows: "f" + end}, failure
		}})
	created := w.create(s, "o", "a")
	end = "2"
	w.replace(s, created.ID, webhook(t, "o", "b", ""))
	got, err := s.Get(t.Context(), audit.Orgs("o"), created.ID)
	if want := (destination.Beginning{Records: "1", Flows: "f1"}); err != nil || got.Beginning != want {
		t.Errorf("begins at %v, want %v: %v", got.Beginning, want, err)
	}
	failure = errors.New("the disk is gone")
	if _, err := s.Create(t.Context(), webhook(t, "o", "c", "")); !isCode(err, audit.Unavailable) {
		t.Errorf("created without a beginning: %v", err)
	}
	if got := w.names(s, "o"); len(got) != 1 {
		t.Errorf("there are %v", got)
	}
}

func (w *world) replace(s *destination.Store, id string, d destination.Destination) {
	w.Helper()
	if _, err := s.Replace(w.Context(), audit.Orgs("o"), id, d); err != nil {
		w.Fatal(err)
	}
}

func (w *world) keysOf(s *destination.Store, id string) destination.Keys {
	w.Helper()
	d, err := s.Get(w.Context(), audit.Orgs("o"), id)
	if err == nil {
		d, err = s.Reveal(d)
	}
	if err != nil || d.Keys == nil {
		w.Fatalf("no keys: %v", err)
	}
	return *d.Keys
}
