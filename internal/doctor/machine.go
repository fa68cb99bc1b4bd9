package doctor

import (
	"os"
	"runtime"
	"strings"
)

// placeOfMachine says in what this system runs, where that changes which networks reach it.
func placeOfMachine() string {
	if runtime.GOOS != "linux" {
		return ""
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil && strings.Contains(strings.ToLower(string(text)), "microsoft") {
		return "wsl"
	}
	for file, place := range map[string]string{"/.dockerenv": "docker", "/run/.containerenv": "container"} {
		if _, err := os.Stat(file); err == nil {
			return place
		}
	}
	return ""
}

// firewallTool is what manages the packet filter of this machine, so that a command for it
// can be shown. Nothing is run to find out.
func firewallTool() string {
	switch runtime.GOOS {
	case "windows":
		return "windows"
	case "darwin":
		return "macos"
	}
	if text, err := os.ReadFile("/etc/ufw/ufw.conf"); err == nil && strings.Contains(string(text), "ENABLED=yes") {
		return "ufw"
	}
	for _, running := range []string{"/run/firewalld", "/run/firewalld.pid"} {
		if _, err := os.Stat(running); err == nil {
			return "firewalld"
		}
	}
	return "nft"
}
