//go:build !linux

package netinfo

import "errors"

// Routes are told by Linux alone with all that the doctor asks of them.
func Routes() (RoutingTables, error) { return RoutingTables{}, errors.ErrUnsupported }

// StrictReversePath says that an interface drops packets that came in by another way than the
// one back; this system does not tell.
func StrictReversePath(string) bool { return false }
