package server

import (
	"maps"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// counted are the errors that a server has told of.
type counted struct {
	mu     sync.Mutex
	byCode map[audit.Code]int
}

func (c *counted) count(o *Options) {
	o.CountError = func(code audit.Code) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.byCode == nil {
			c.byCode = map[audit.Code]int{}
		}
		c.byCode[code]++
	}
}

func (c *counted) expect(t *testing.T, what string, want map[audit.Code]int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !maps.Equal(c.byCode, want) {
		t.Errorf("%s: counted %v, want %v", what, c.byCode, want)
	}
}

func TestErrorsAreCountedByCode(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]map[audit.Code]int{
		helloQuery:                     nil,
		badSyntax:                      {audit.BadUserInput: 1},
		`{"query":7}`:                  {audit.BadUserInput: 1},
		query(`{ nothing nowhere }`):   {audit.BadUserInput: 2},
		query(`{ hello secret }`):      {audit.Internal: 1},
		query(aliases(300)):            {audit.TooComplex: 2},
		query(`subscription { ticks}`): {audit.BadUserInput: 1},
	} {
		var c counted
		ask(t, post(body), c.count)
		c.expect(t, body, want)
	}
}

func TestErrorsOfStreamsAreCounted(t *testing.T) {
	t.Parallel()
	for transport, run := range map[string]func(*testing.T, *httptest.Server){
		"events": func(t *testing.T, server *httptest.Server) {
			response, _ := subscribe(t, server, "refused")
			readAll(t, response)
		},
		"socket": func(t *testing.T, server *httptest.Server) {
			c := connect(t, server)
			c.subscribe("1", "subscription { refused }")
			c.hear("error", "not yours")
		},
	} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			var c counted
			run(t, start(t, c.count))
			c.expect(t, transport, map[audit.Code]int{audit.Forbidden: 1})
		})
	}
}
