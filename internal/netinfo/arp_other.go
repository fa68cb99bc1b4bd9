//go:build !linux

package netinfo

import (
	"net/netip"
	"time"
)

// AnswersToARP tells nothing: this system lets no program send ARP without a driver.
func AnswersToARP(int, netip.Addr, netip.Addr, time.Duration) []string { return nil }

// DuplicateAddresses are not told by this system.
func DuplicateAddresses(int) []netip.Addr { return nil }
