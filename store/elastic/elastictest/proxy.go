package elastictest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// A FaultyProxy stands between a test and a server and spoils their connection
// as it is told. Faults add up until Heal; those of answers concern what is on
// its way and what comes.
type FaultyProxy struct {
	t     testing.TB
	proxy *toxiproxy.Proxy
}

// Proxy returns a proxy in front of a server's URL, at first without faults.
// It ends with the test.
func Proxy(t testing.TB, server string) *FaultyProxy {
	t.Helper()
	upstream, err := url.Parse(server)
	if err != nil {
		t.Fatalf("read the address of the server: %v", err)
	}
	toxic := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(toxic, t.Name(), "127.0.0.1:0", upstream.Host)
	if err := proxy.Start(); err != nil {
		t.Fatalf("start the proxy: %v", err)
	}
	t.Cleanup(proxy.Stop)
	return &FaultyProxy{t: t, proxy: proxy}
}

// URL is the proxy's address. It stays the same while the proxy is down.
func (p *FaultyProxy) URL() string { return "http://" + p.proxy.Listen }

// Delay delays each answer.
func (p *FaultyProxy) Delay(by time.Duration) {
	p.t.Helper()
	p.add("latency", map[string]int64{"latency": by.Milliseconds()})
}

// Truncate closes each connection, the open ones too, after so many bytes of answers.
func (p *FaultyProxy) Truncate(after int) {
	p.t.Helper()
	p.add("limit_data", map[string]int64{"bytes": int64(after)})
}

// Reset resets each connection once an answer has been on its way for so long.
// The server has done then what it was asked.
func (p *FaultyProxy) Reset(after time.Duration) {
	p.t.Helper()
	p.add("reset_peer", map[string]int64{"timeout": after.Milliseconds()})
}

// Silence swallows all answers and keeps connections open as long as the server does.
func (p *FaultyProxy) Silence() {
	p.t.Helper()
	p.add("timeout", map[string]int64{"timeout": 0})
}

// Throttle lets so many bytes of answers through in a second, in kilobytes.
func (p *FaultyProxy) Throttle(kilobytes int) {
	p.t.Helper()
	p.add("bandwidth", map[string]int64{"rate": int64(kilobytes)})
}

// Down refuses connections and ends the open ones.
func (p *FaultyProxy) Down() { p.proxy.Stop() }

// Up takes connections again after Down.
func (p *FaultyProxy) Up() {
	p.t.Helper()
	if err := p.proxy.Start(); err != nil {
		p.t.Fatalf("start the proxy again: %v", err)
	}
}

// Heal ends all faults but Down.
func (p *FaultyProxy) Heal() { p.proxy.Toxics.ResetToxics(context.Background()) }

// add adds a toxic to the answers.
func (p *FaultyProxy) add(kind string, attributes map[string]int64) {
	p.t.Helper()
	toxic, err := json.Marshal(struct {
		Type       string           `json:"type"`
		Attributes map[string]int64 `json:"attributes"`
	}{kind, attributes})
	if err != nil {
		p.t.Fatalf("write a toxic: %v", err)
	}
	if _, err := p.proxy.Toxics.AddToxicJson(bytes.NewReader(toxic)); err != nil {
		p.t.Fatalf("add a %s to the proxy: %v", kind, err)
	}
}
