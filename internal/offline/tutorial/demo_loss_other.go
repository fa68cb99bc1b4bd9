//go:build !linux

package tutorial

import "errors"

// inLossyNetwork is not possible: this system gives a program no network of its own.
func inLossyNetwork(func(lose func() (string, error)) error) error { return errors.ErrUnsupported }
