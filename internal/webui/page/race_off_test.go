//go:build !race && linux

package page_test

var buildFlags []string
