package format_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit/destination"
)

var (
	cefHeader    = regexp.MustCompile(`^CEF:(\d+)((?:\|(?:[^|\\\r\n]|\\[\\|])*){6})\|(.*)$`)
	cefExtension = regexp.MustCompile(`(?:^| )([A-Za-z0-9_]+)=`)
)

// parseCEF reads a line as receivers do: seven parts with \| and \\ in them, and then
// keys, each as far as to the next key, with \=, \\, \n and \r in their values.
func parseCEF(text string) (header []string, extensions map[string]string, err error) {
	parts := cefHeader.FindStringSubmatch(text)
	if parts == nil {
		return nil, nil, fmt.Errorf("no header: %s", text)
	}
	unescape := strings.NewReplacer(`\\`, `\`, `\|`, `|`, `\=`, `=`, `\n`, "\n", `\r`, "\r")
	for _, part := range regexp.MustCompile(`(?:[^|\\]|\\.)+|`).FindAllString(parts[2][1:], -1) {
		if part != "" {
			header = append(header, unescape.Replace(part))
		}
	}
	extensions = map[string]string{}
	keys := cefExtension.FindAllStringSubmatchIndex(parts[3], -1)
	for i, at := range keys {
		end := len(parts[3])
		if i+1 < len(keys) {
			end = keys[i+1][0]
		}
		key := parts[3][at[2]:at[3]]
		if _, twice := extensions[key]; twice {
			return nil, nil, fmt.Errorf("the key %s is there twice", key)
		}
		extensions[key] = unescape.Replace(parts[3][at[1]:end])
	}
	return header, extensions, nil
}

// cefKeys are the keys of the standard's dictionary that are used, and the most
// characters of their values, 0 where they are no strings.
var cefKeys = map[string]int{
	"rt": 0, "start": 0, "end": 0, "cnt": 0, "src": 0, "c6a2": 0, "deviceCustomDate1": 0,
	"c6a2Label": 1023, "deviceCustomDate1Label": 1023, "externalId": 1023, "cat": 1023, "outcome": 63, "reason": 1023, "act": 63,
	"suid": 1023, "suser": 1023, "shost": 1023, "requestClientApplication": 1023, "destinationServiceName": 1023, "dvchost": 100, "msg": 1023,
	"cs1": 4000, "cs2": 4000, "cs3": 4000, "cs4": 4000, "cs5": 4000, "cs6": 4000,
	"cs1Label": 1023, "cs2Label": 1023, "cs3Label": 1023, "cs4Label": 1023, "cs5Label": 1023, "cs6Label": 1023,
}

func TestCEFIsReadBack(t *testing.T) {
	t.Parallel()
	for name, r := range examples(t) {
		header, extensions, err := parseCEF(encode(t, in(destination.FormatCEF), r))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(header) != 6 || header[0] != "Authtrail" || header[1] != "Authtrail" {
			t.Errorf("%s: the header is %q", name, header)
		}
		if n, err := strconv.Atoi(header[len(header)-1]); err != nil || n < 0 || n > 10 {
			t.Errorf("%s: the severity is %q", name, header[len(header)-1])
		}
		for key, value := range extensions {
			most, known := cefKeys[key]
			switch {
			case key == "AuthtrailAuditEvent", key == "AuthtrailLoginFlow":
			case !known:
				t.Errorf("%s: %s is not in the dictionary", name, key)
			case most > 0 && len([]rune(value)) > most:
				t.Errorf("%s: %s has more than %d characters", name, key, most)
			case strings.HasPrefix(key, "cs") && len(key) == 3 && extensions[key+"Label"] == "":
				t.Errorf("%s: %s has no label", name, key)
			}
		}
	}
}

func TestCEFEscapes(t *testing.T) {
	t.Parallel()
	header, extensions, err := parseCEF(encode(t, in(destination.FormatCEF), examples(t)["odd"]))
	if err != nil {
		t.Fatal(err)
	}
	if header[3] != "auth:Step|up=1" || header[4] != "Step|up=1: Maybe" {
		t.Errorf("the header is %q", header)
	}
	for key, want := range map[string]string{
		"suser": "O\"Neil \\ ä\nroot", "requestClientApplication": "a=b|c\\d\r\n", "c6a2": "2001:db8::1", "act": "Step|up=1",
	} {
		if extensions[key] != want {
			t.Errorf("%s is %q, not %q", key, extensions[key], want)
		}
	}
}
