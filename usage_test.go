package main

import (
	"strings"
	"testing"
)

func TestACommandLineThatIsWrongIsExplained(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args      []string
		variables map[string]string
		want      string
	}{
		"a search without quotes":    {[]string{"search", "vpn", "denied"}, nil, `unexpected argument denied; a search of several words is one argument, in quotes: authtrail search 'denied "water scada"'`},
		"a tail without quotes":      {[]string{"tail", "vpn", "denied"}, nil, "one argument, in quotes: authtrail tail"},
		"a search with a minus":      {[]string{"search", "-result:denied"}, nil, "goes last, after two: authtrail search -- '-result:denied'"},
		"a number below 0":           {[]string{"serve", "--rate-limit", "-5"}, nil, "authtrail: --rate-limit -5: must not be negative\n"},
		"likewise":                   {[]string{"serve", "--rate-limit=-5"}, nil, "--rate-limit -5: must be at least 0\n"},
		"another command":            {[]string{"version", "now"}, nil, "authtrail: unexpected argument now\n"},
		"a variable":                 {[]string{"serve"}, map[string]string{"AUTHTRAIL_FLOW_IDLE": "abc"}, `authtrail: AUTHTRAIL_FLOW_IDLE: expected duration but got "abc"`},
		"a variable's choice":        {[]string{"serve"}, map[string]string{"AUTHTRAIL_STORE": "mongo"}, `authtrail: AUTHTRAIL_STORE must be one of "sqlite","elasticsearch" but got "mongo"`},
		"a flag":                     {[]string{"serve", "--flow-idle", "abc"}, nil, `authtrail: --flow-idle: expected duration but got "abc"`},
		"a time in days":             {[]string{"serve", "--retention", "30d"}, nil, `"30d"; days are written as hours: 720h`},
		"a port there is not":        {[]string{"serve", "--listen", "127.0.0.1:99999"}, nil, `--listen 127.0.0.1:99999: the port must be 0 to 65535`},
		"a flag before its variable": {[]string{"serve", "--flow-idle=abc"}, map[string]string{"AUTHTRAIL_FLOW_IDLE": "5m"}, `authtrail: --flow-idle: expected duration but got "abc"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, complaint strings.Builder
			lookup := func(name string) (string, bool) { value, ok := test.variables[name]; return value, ok }
			code := run(t.Context(), test.args, lookup, streams{strings.NewReader(""), &out, &complaint})
			if code != exitUsage || !strings.Contains(complaint.String(), test.want) {
				t.Errorf("code %d, said %q; want code %d and %q", code, complaint.String(), exitUsage, test.want)
			}
		})
	}
}
