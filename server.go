// Authtrail takes authentication audit records in, stitches them into login
// flows, and answers who authenticated, when, from where, and how it ended.
//
// This file is the program: its commands and how they end. config.go is what
// can be set, routes.go every HTTP route, application.go how the parts are put
// together.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		time.Sleep(time.Second) // some send a signal to a process and to its group: that is one
		stop()                  // from now on, another Ctrl-C ends the program at once
	})
	code := run(ctx, os.Args[1:], os.LookupEnv, streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// commands are the program's commands; the help of each is what --help shows.
type commands struct {
	Serve         serveCommand         `cmd:"" group:"run" help:"Run the server."`
	Demo          demoCommand          `cmd:"" group:"look" help:"Run a server on a temporary store full of made-up logins, to look around."`
	Import        importCommand        `cmd:"" group:"run" help:"Send events from files, one bulk event a line."`
	Search        searchCommand        `cmd:"" group:"look" help:"Search the authentication audits, or login flows."`
	Tail          tailCommand          `cmd:"" group:"look" help:"Follow the authentication audits as they arrive."`
	Flow          flowCommand          `cmd:"" group:"look" help:"Show one login attempt: its steps, and how it ended."`
	Compare       compareCommand       `cmd:"" group:"look" help:"Show two login attempts side by side: where they part, and what else differs."`
	Destinations  destinationsCommand  `cmd:"" group:"run" help:"List where events are delivered to, and test, replay or resume that."`
	Token         tokenCommand         `cmd:"" group:"run" help:"Print a development token, and nothing else."`
	Reindex       reindexCommand       `cmd:"" group:"repair" help:"Make the indices in Elasticsearch anew that an older version made, while servers run."`
	RebuildFlows  rebuildFlowsCommand  `cmd:"" group:"repair" help:"Make all stored login flows anew from the records."`
	ForgetSecrets forgetSecretsCommand `cmd:"" group:"repair" help:"After the key of secrets was lost: drop what nobody can decrypt, and name the destinations that had it."`
	Version       versionCommand       `cmd:"" group:"look" help:"Print the version."`
}

// streams are where a command reads and writes. Results go to out, everything
// else (progress, log, errors) to err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// The exit codes. Scripts rely on them; docs/cli.md lists them.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitPartly  = 3 // the work was done, but for some invalid input that was reported
	exitNothing = 4 // nothing was found
)

// exitError ends the program with a code. Without an error it ends silently.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

// run is the program: it runs the command that args name and returns the exit code.
func run(ctx context.Context, args []string, env lookupEnv, s streams) int {
	var all commands
	exited := -1
	parser, err := kong.New(&all, kong.Name("authtrail"),
		kong.Description("Who authenticated, when, from where, and how did it end?"),
		kong.Writers(s.out, s.err), kong.Exit(func(code int) { exited = code }),
		kong.Resolvers(fromEnv(env)), kong.ValueFormatter(helpWithVariable),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.ExplicitGroups([]kong.Group{{Key: "look", Title: "Look around:"}, {Key: "run", Title: "Run and feed:"}, {Key: "repair", Title: "Repair:"}}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s))
	if err != nil {
		fmt.Fprintln(s.err, "authtrail:", err)
		return exitFailed
	}
	if len(args) == 0 {
		parser.Stdout = s.err
		_, _ = parser.Parse([]string{"--help"}) // names every command; that none was given is the only mistake
		return exitUsage
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help
		return exited
	}
	if err != nil {
		command := commandNamed(parser, args)
		fmt.Fprintf(s.err, "authtrail: %s\nTry: %s --help\n", explainUsage(err, command, args, env), command)
		return exitUsage
	}
	return exitCode(ctx, parsed.Run(), s)
}

// exitCode says what went wrong, if anything, and returns the code for it.
func exitCode(ctx context.Context, err error, s streams) int {
	var exit exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		if exit.err != nil {
			fmt.Fprintln(s.err, "authtrail:", exit.err)
		}
		return exit.code
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(s.err, "authtrail: interrupted")
		return exitFailed
	}
	fmt.Fprintln(s.err, "authtrail:", err)
	return exitFailed
}
