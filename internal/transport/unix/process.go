package unix

import (
	"os"
	"os/user"
	"strconv"
	"sync"

	"sockeye"
)

// process describes a process of this machine.
func process(pid int, uid uint32) *sockeye.Process {
	return &sockeye.Process{PID: pid, User: userName(uid), Program: programName(pid)}
}

var users sync.Map // of names by uid

// userName is a user's name, or its number.
func userName(uid uint32) string {
	if name, ok := users.Load(uid); ok {
		return name.(string)
	}
	name := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	users.Store(uid, name)
	return name
}

func ourselves() *sockeye.Process { return &sockeye.Process{PID: os.Getpid()} }
