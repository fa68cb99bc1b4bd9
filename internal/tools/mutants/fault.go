package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// mutation is one change of the code that a test must notice.
type mutation struct {
	Name string // what is wrong then, in words
	File string // from the module's root, with slashes
	Old  string // stands in the file exactly once
	New  string
	Test string // regular expression of the tests that should fail, as for go test -run
	// Package of the tests; "" is the file's own.
	Package string
	// Must says that this one has to be caught whatever the goal is: it was a survivor.
	Must bool

	list string // the file it was read from
}

func (f *mutation) pkg() string { return "./" + cmp.Or(f.Package, path.Dir(f.File)) }

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			err = errors.New("no go.mod here or above")
		}
	}
	return "", err
}

// readFaults reads every list.
func readFaults(root string) ([]mutation, error) {
	lists, err := filepath.Glob(filepath.Join(root, "internal", "tools", "mutants", "faults", "*.toml"))
	if err != nil {
		return nil, err
	}
	var all []mutation
	for _, list := range lists {
		var in struct{ Fault []mutation }
		md, err := toml.DecodeFile(list, &in)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", list, err)
		}
		if unknown := md.Undecoded(); len(unknown) > 0 {
			return nil, fmt.Errorf("%s: unknown key %s", list, unknown[0])
		}
		for _, f := range in.Fault {
			f.list = filepath.Base(list)
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b mutation) int { return strings.Compare(a.File, b.File) })
	return all, nil
}

// planted is the file with the fault in it.
func (f *mutation) planted(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.File)))
	if err != nil {
		return "", f.wrong("%v", err)
	}
	switch n := strings.Count(string(text), f.Old); {
	case f.Old == "" || f.Old == f.New:
		return "", f.wrong("it changes nothing")
	case n == 0:
		return "", f.wrong("the text is no longer in the file: %q", f.Old)
	case n > 1:
		return "", f.wrong("the text is %d times in the file, make it longer: %q", n, f.Old)
	}
	return strings.Replace(string(text), f.Old, f.New, 1), nil
}

// check says what is wrong with a fault, as far as that shows without compiling: the
// file with it parses, and there is a test of the name.
func (f *mutation) check(root string) error {
	text, err := f.planted(root)
	if err != nil {
		return err
	}
	if _, err := parser.ParseFile(token.NewFileSet(), f.File, text, parser.SkipObjectResolution); err != nil {
		return f.wrong("it is no Go any more: %v", err)
	}
	if f.Test == "" {
		return f.wrong("no test is named")
	}
	tests, err := regexp.Compile(strings.Split(f.Test, "/")[0])
	if err != nil {
		return f.wrong("%v", err)
	}
	files, _ := filepath.Glob(filepath.Join(root, filepath.FromSlash(f.pkg()), "*_test.go"))
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, found := range testNames.FindAllSubmatch(text, -1) {
			if tests.Match(found[1]) {
				return nil
			}
		}
	}
	return f.wrong("no test in %s has a name like %s", f.pkg(), f.Test)
}

var testNames = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w*)\(`)

func (f *mutation) wrong(format string, args ...any) error {
	return fmt.Errorf("%s: %q in %s: %s", f.list, f.Name, f.File, fmt.Sprintf(format, args...))
}
