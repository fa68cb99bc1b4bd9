//go:build unix && !linux

package unix

import "sockeye"

// controlSpace leaves no room for descriptors that a sender passes (SCM_RIGHTS).
const controlSpace = 0

func requestCredentials(int) error { return nil }

func credentials([]byte) *sockeye.Process { return nil }
