package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/belay-sh/belay/internal/spelling"
)

// suggestFlag returns the error about a command's flags, with the flag that an
// unknown one is most likely meant to be.
func suggestFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	letters, word := unknown.GetSpecifiedShortnames(), unknown.GetSpecifiedName()
	if cmd.Flags().Lookup(letters) != nil { // a long name behind one dash
		return fmt.Errorf("%w; did you mean --%s?", err, letters)
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := spelling.Nearest(word, names); letters == "" && near != "" {
		return fmt.Errorf("%w; did you mean --%s?", err, near)
	}
	return fmt.Errorf("%w; to list the flags, run: %s --help", err, cmd.CommandPath())
}

// onlySubcommands makes a command that has nothing but subcommands print its help,
// and reject the name of a subcommand that it does not have.
func onlySubcommands(cmd *cobra.Command) {
	cmd.FParseErrWhitelist = cobra.FParseErrWhitelist{UnknownFlags: true} // those of a misspelt subcommand
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		if err := misspeltSubcommand(cmd, args[0]); err != nil {
			return err
		}
		return fmt.Errorf("unknown command %q for %q; to list them, run: %s --help", args[0], cmd.CommandPath(), cmd.CommandPath())
	}
}

// misspeltSubcommand returns the error for a word that is similar to the name of a
// subcommand; nil for another word.
func misspeltSubcommand(cmd *cobra.Command, word string) error {
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(names, sub.Name())
	}
	if near := spelling.Nearest(word, names); near != "" {
		return fmt.Errorf("unknown command %q for %q; did you mean %s?", word, cmd.CommandPath(), near)
	}
	return nil
}
