package syslog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/deliverytest"
)

// What rsyslog understood is what was sent, over each transport and in each format.
func TestRsyslogReceives(t *testing.T) {
	t.Parallel()
	formats := []string{destination.FormatAgilicus, destination.FormatUnified, destination.FormatOCSF, destination.FormatECS, destination.FormatCEF}
	for _, network := range []string{"udp", "tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			s := startRsyslog(t)
			location := fmt.Sprintf("%s://127.0.0.1:%d", network, map[string]int{"udp": s.udp, "tcp": s.tcp, "tls": s.tls}[network])
			records := deliverytest.Sample(t, 40)
			records = append(records, deliverytest.Record(t, `{"unique_id":"umlaut","create_time":"2026-01-02T03:04:05.678901Z","event":{"subsystem":"auth",
				"event_name":"Token","result":"Denied","user_id":"J\u00f6rg \"the ]\\\\ one\"\nroot","note":"ÄÖ\u2028"}}`),
				deliverytest.Record(t, `{"unique_id":"long","create_time":"2026-01-02T03:04:05Z","event":{"note":"`+strings.Repeat("é0123456", 6_000)+`"}}`))
			var sent []delivery.Message
			for _, name := range formats {
				d := to(location, name)
				batch := deliverytest.Written(t, d, records...)
				sender := open(t, d, s.roots)
				for half := range 2 { // over one connection
					part := batch[half*len(batch)/2 : (half+1)*len(batch)/2]
					if result, err := sender.Send(t.Context(), part); err != nil || result.Refused != nil || result.Retry != nil {
						t.Fatalf("%+v, %v", result, err)
					}
				}
				sent = append(sent, batch...)
				s.received(len(sent)) // so that what comes over other connections comes later
			}
			for i, got := range s.received(len(sent)) {
				compare(t, got, sent[i])
			}
		})
	}
}

func compare(t *testing.T, got understood, m delivery.Message) {
	t.Helper()
	if body := strings.TrimPrefix(strings.TrimPrefix(got.Msg, " "), "\ufeff"); body != string(m.Body) {
		t.Fatalf("the body is\n%.300s\nnot\n%.300s", body, m.Body)
	}
	if at, err := time.Parse(time.RFC3339Nano, got.Time); err != nil || !at.Equal(m.Time.Truncate(time.Microsecond)) {
		t.Errorf("%s is at %s, not %s", m.ID, got.Time, m.Time)
	}
	if kind := m.Record.Kind.String(); got.Host != host || got.App != "authtrail" || got.MsgID != kind {
		t.Errorf("%s is of host %s, app %s, and is %s", m.ID, got.Host, got.App, got.MsgID)
	}
	if !strings.HasPrefix(got.SD, `[authtrail@32473 id="`+m.ID+`"`) {
		t.Errorf("%s has %s", m.ID, got.SD)
	}
	switch m.ID {
	case "umlaut":
		if got.Pri != "84" || !strings.Contains(got.SD, `user_id="Jörg \"the \]\\\\ one\" root"`) {
			t.Errorf("%+v", got)
		}
	case "long":
		if got.Pri != "110" {
			t.Errorf("an event that is about nothing has the priority %s", got.Pri)
		}
	}
}
