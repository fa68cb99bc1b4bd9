package main

// target is a platform that Sockeye is built for.
type target struct{ os, cpu string }

// targets are the platforms of the README. Windows and macOS are built on every
// change but run by nobody here.
var targets = []target{
	{"linux", "amd64"}, {"linux", "arm64"}, {"linux", "arm"}, {"linux", "riscv64"},
	{"windows", "amd64"}, {"darwin", "arm64"},
}

// cross builds every package for every platform, without C.
func cross(r *report) {
	for _, t := range targets {
		r.command(command{name: "build " + t.os + "/" + t.cpu, env: t.env(), args: []string{"go", "build", "-trimpath", "./..."}})
	}
}

// env are the variables that make go build for the target. GOARM=7 is the
// Raspberry Pi 2 and everything after it.
func (t target) env() []string {
	return []string{"CGO_ENABLED=0", "GOOS=" + t.os, "GOARCH=" + t.cpu, "GOARM=7"}
}
