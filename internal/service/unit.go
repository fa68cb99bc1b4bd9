package service

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
)

// sandbox is what every service lives in; systemd.exec(5) has each setting.
const sandbox = `NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
UMask=0077
LimitNOFILE=65536
LimitCORE=0
MemoryHigh=200M
MemoryMax=256M
TasksMax=512
`

// Unit is the text of the systemd unit. The device file is handed over as a credential, so
// that no other user can read what is in it.
func (s *Service) Unit() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Written by sockeye service install; changes are lost when it is installed again.
[Unit]
Description=Sockeye device %s
Documentation=man:sockeye-device(1)
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
WatchdogSec=30
ExecStart=%s device --quiet %%d/device.toml
LoadCredential=device.toml:%s
Restart=always
RestartSec=2
DynamicUser=yes
StateDirectory=%s
Environment=SOCKEYE_HOME=/var/lib/%s
`, s.Name, quoteArgument(s.programPath()), s.copyPath(), s.ID(), s.ID())
	b.WriteString(sandbox)
	b.WriteString(s.devices())
	procs := "pid"
	if s.Proc { // load, memory, uptime and the like are outside of processes
		procs = "all"
	}
	fmt.Fprintf(&b, "ProcSubset=%s\n\n[Install]\nWantedBy=multi-user.target\n", procs)
	return b.String()
}

// devices are those that the service may open.
func (s *Service) devices() string {
	if !s.Lines && !s.Serial {
		return "PrivateDevices=yes\nPrivateUsers=yes\nDevicePolicy=closed\n"
	}
	// Groups have no meaning in a user namespace of its own.
	text := "DevicePolicy=closed\n"
	var groups []string
	if s.Lines {
		text += "DeviceAllow=char-gpiochip rw\n"
		groups = append(groups, "gpio")
	}
	if s.Serial {
		text += "DeviceAllow=char-ttyUSB rw\nDeviceAllow=char-ttyACM rw\nDeviceAllow=char-ttyS rw\nDeviceAllow=char-ttyAMA rw\n"
		groups = append(groups, "dialout")
	}
	return text + "SupplementaryGroups=" + strings.Join(groups, " ") + "\n"
}

// quoteArgument is a word in ExecStart: % and $ stand for themselves (systemd.service(5),
// "Command lines").
func quoteArgument(s string) string {
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "$", "$$").Replace(s)
	if strings.ContainsAny(s, " \t\"'\\;") {
		return `"` + s + `"`
	}
	return s
}

// plist is the description for launchd (launchd.plist(5)).
func (s *Service) plist() string {
	text := func(v string) string {
		var b bytes.Buffer
		xml.EscapeText(&b, []byte(v)) // into memory
		return "<string>" + b.String() + "</string>"
	}
	return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>Label</key>` + text(s.ID()) + `
<key>ProgramArguments</key><array>` + text(s.Program) + text("device") + text("--quiet") + text(s.File) + `</array>
<key>RunAtLoad</key><true/>
<key>KeepAlive</key><true/>
<key>StandardErrorPath</key>` + text(s.logPath()) + `
<key>EnvironmentVariables</key><dict><key>SOCKEYE_HOME</key>` + text("/Library/Application Support/"+s.ID()) + `</dict>
</dict></plist>
`
}
