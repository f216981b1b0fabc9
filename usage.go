package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// explainUsage says what is wrong with a command line, and what to do about it
// where the mistake is one that many make.
func explainUsage(err error, command string, args []string, env lookupEnv) string {
	message := inItsVariable(withoutHint(err.Error()), args, env)
	if found := days.FindStringSubmatch(message); found != nil {
		if count, err := strconv.Atoi(found[1]); err == nil && count < maxDays {
			return fmt.Sprintf("%s; days are written as hours: %dh", message, 24*count)
		}
	}
	if command != "authtrail search" && command != "authtrail tail" {
		return message
	}
	switch {
	case strings.HasPrefix(message, "unexpected argument"):
		return message + "; a search of several words is one argument, in quotes: " + command + " 'denied \"water scada\"'"
	case strings.HasPrefix(message, "unknown flag"):
		return message + "; a search that begins with a minus goes last, after two: " + command + " -- '-result:denied'"
	}
	return message
}

// days matches a duration in days, which Go does not know; above maxDays they fit into none.
var days = regexp.MustCompile(`expected duration but got "([0-9]+)d"`)

const maxDays = 292 * 365

var hint = regexp.MustCompile(`; perhaps try --([a-z0-9-]+)="(-[^"]*)"\?$`)

// withoutHint takes back the advice to write --flag=-5: no flag takes a negative number.
func withoutHint(message string) string {
	if found := hint.FindStringSubmatch(message); found != nil && negative.MatchString(found[2]) {
		return fmt.Sprintf("--%s %s: must not be negative", found[1], found[2])
	}
	return message
}

var negative = regexp.MustCompile(`^-[0-9]`)

var flagAtFault = regexp.MustCompile(`^--([a-z0-9-]+)`)

// inItsVariable names the environment variable in place of the flag where the
// value came from there: who sets variables may know no flags.
func inItsVariable(message string, args []string, env lookupEnv) string {
	found := flagAtFault.FindStringSubmatch(message)
	if found == nil {
		return message
	}
	for _, arg := range args {
		if arg == found[0] || strings.HasPrefix(arg, found[0]+"=") {
			return message
		}
	}
	variable := variableOf(found[1])
	if value, ok := env(variable); !ok || value == "" {
		return message
	}
	return variable + strings.TrimPrefix(message, found[0])
}

// commandNamed returns the part of a command line that names a command.
func commandNamed(parser *kong.Kong, args []string) string {
	for _, command := range parser.Model.Children {
		if len(args) > 0 && command.Name == args[0] {
			return "authtrail " + command.Name
		}
	}
	return "authtrail"
}
