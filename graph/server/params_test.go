package server

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func TestAParameterIsOneJSONValueAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"variables", "extensions"} {
		for _, value := range []string{`{}`, " {} \n", `null`} {
			if answer := ask(t, get(url.Values{"query": {"{ hello }"}, name: {value}})); answer.Code != http.StatusOK {
				t.Errorf("%s=%q: got status %d: %s", name, value, answer.Code, answer.Body)
			}
		}
		for _, value := range []string{`{}}`, `{}]`, `{} {}`, `{},`, `{}x`, `{`, `[]`, `7`} {
			answer := ask(t, get(url.Values{"query": {"{ hello }"}, name: {value}}))
			if answer.Code != http.StatusBadRequest {
				t.Errorf("%s=%q: got status %d", name, value, answer.Code)
			}
			expectError(t, answer.Body.String(), audit.BadUserInput, name+": must be a JSON object")
		}
	}
}
