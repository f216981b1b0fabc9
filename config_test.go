package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// The README's table is what people configure by, so it must list every
// setting as the program knows it.
func TestTheREADMEListsEverySettingWithItsDefault(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var config Config
	parser, err := kong.New(&config)
	if err != nil {
		t.Fatal(err)
	}
	for _, flag := range parser.Model.Flags {
		if flag.Name == "help" {
			continue
		}
		standard := ""
		if flag.Default != "" {
			standard = "`" + flag.Default + "` "
		}
		row := fmt.Sprintf("| `--%s` | `%s` | %s| ", flag.Name, variableOf(flag.Name), standard)
		if !strings.Contains(string(readme), row) {
			t.Errorf("the README lacks %s", row)
		}
	}
}

func TestOnlyLoopbackAddressesAreServedWithoutAuthentication(t *testing.T) {
	t.Parallel()
	for listen, allowed := range map[string]bool{
		"127.0.0.1:8080": true, "localhost:0": true, "[::1]:80": true, "127.9.9.9:1": true,
		"0.0.0.0:8080": false, ":8080": false, "[::]:80": false, "10.0.0.1:80": false, "example.com:80": false, "8080": false,
		"127.0.0.1:99999": false, "127.0.0.1:-1": false, "127.0.0.1:nothing": false,
	} {
		config := defaultConfig()
		config.Listen = listen
		if err := config.Validate(); (err == nil) != allowed {
			t.Errorf("--listen %s: %v", listen, err)
		}
	}
}

func TestHelpShowsEveryDefault(t *testing.T) {
	t.Parallel()
	help := strings.Join(strings.Fields(mustRun(t, "serve", "--help")), " ")
	for _, want := range []string{"default 127.0.0.1:8080, $AUTHTRAIL_LISTEN", "default ./data,", "default 15m,", `--log-level="info"`} {
		if !strings.Contains(help, want) {
			t.Errorf("the help lacks %s", want)
		}
	}
}

func TestAnEmptyVariableIsNotGiven(t *testing.T) {
	t.Parallel()
	var errs strings.Builder
	empty := func(string) (string, bool) { return "", true }
	run(t.Context(), []string{"serve", "--listen", "nonsense"}, empty, streams{nil, &errs, &errs})
	if !strings.Contains(errs.String(), `--listen "nonsense"`) {
		t.Errorf("said: %s", errs.String())
	}
}

func TestNoVariableMeansDifferentThingsToTwoCommands(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]string{}
	for _, command := range parser.Model.Children {
		for _, flag := range command.Flags {
			kind := flag.Target.Type().String()
			if before, known := types[flag.Name]; known && before != kind {
				t.Errorf("%s is a %s to one command and a %s to %s", variableOf(flag.Name), before, kind, command.Name)
			}
			types[flag.Name] = kind
		}
	}
}

func TestTheLogWritesDurationsWithTheirUnit(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		var log strings.Builder
		config := defaultConfig()
		config.LogFormat = format
		config.logger(streams{err: &log}).Info("stopping", "within", 10*time.Second)
		if !strings.Contains(log.String(), "10s") {
			t.Errorf("%s: %s", format, log.String())
		}
	}
}
