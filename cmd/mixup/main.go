// Command mixup shows what mixing a batch does, with package blend, and how fast.
//
//	mixup images [-alpha A] [-lambda L] [-seed S] [-size WxH] [-out mixed.png] [FILES…]
//	mixup fade [-frames N] [-fps N] [-ease HOW] [-size WxH] [-out fade.gif] [FROM TO]
//	mixup verify [-impl NAME] [-kernel TEXT] [-quick]
//	mixup bench [-json FILE] [-name NAME] [-quick] [-impl NAMES] [-type TYPES] [-workers NUMBERS] [-lambda L] [-rounds N] [-max MIB]
//	mixup compare [-out NAME] [-impl NAMES] [-workers N] FILES…
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/urfave/cli/v3"

	"github.com/mixblend/blend"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	os.Exit(run(ctx, os.Args, os.Stdout, os.Stderr))
}

// run returns the exit status: 0, 1 if the work failed, 2 if the command line is wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := app(stdout, stderr).Run(ctx, args)
	if err == nil {
		return 0
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	// File names and the errors of decoders may hold anything, but an error is one line.
	fmt.Fprintln(stderr, "mixup:", strings.NewReplacer("\n", `\n`, "\r", `\r`).Replace(err.Error()))
	if errors.As(err, new(usageError)) || errors.As(err, new(cli.ExitCoder)) { // of help about nothing that there is
		return 2
	}
	return 1
}

func init() {
	// Help shows flags with one dash, as the usage lines and the errors do.
	twoDashes := cli.FlagStringer
	cli.FlagStringer = func(f cli.Flag) string { return strings.ReplaceAll(twoDashes(f), "--", "-") }
}

func app(stdout, stderr io.Writer) *cli.Command {
	return &cli.Command{
		Name:            "mixup",
		Usage:           "mix pictures, and test and measure package blend on this machine",
		UsageText:       "mixup COMMAND [FLAGS] [ARGUMENTS]",
		HideHelpCommand: true,
		Writer:          stdout,
		ErrWriter:       stderr,
		ExitErrHandler:  func(context.Context, *cli.Command, error) {}, // run reports them
		OnUsageError:    onUsageError,
		Commands:        []*cli.Command{imagesCommand(), fadeCommand(), verifyCommand(), benchCommand(), compareCommand()},
		Action: func(_ context.Context, cmd *cli.Command) error {
			if cmd.Args().Present() {
				return usagef("no command %q (see mixup -help)", cmd.Args().First())
			}
			return cli.ShowRootCommandHelp(cmd)
		},
	}
}

// disableNote is a line that says which names in BLEND_DISABLE turn nothing off, or nothing if there are none.
func disableNote() string {
	unknown := blend.UnknownDisabled()
	if len(unknown) == 0 {
		return ""
	}
	return fmt.Sprintf("BLEND_DISABLE: %q: no implementation that can be turned off\n", unknown)
}

// A usageError is a mistake on the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

func onUsageError(_ context.Context, _ *cli.Command, err error, _ bool) error {
	return usageError{err}
}
