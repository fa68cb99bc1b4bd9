//go:build race && linux

package page_test

// buildFlags build the program as the tests are built.
var buildFlags = []string{"-race"}
