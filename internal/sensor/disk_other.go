//go:build !linux && !darwin

package sensor

import "errors"

func diskUsed(string) (float64, error) { return 0, errors.ErrUnsupported }
