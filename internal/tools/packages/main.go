// Command packages builds what people install:
//
//	go run ./internal/tools/packages [-out dist/packages] [-version 1.2.3] [-only linux/amd64] [-formats deb,rpm]
//
// For each Linux: .deb, .rpm, .apk and .tar.gz; for macOS .tar.gz, for Windows .zip; with
// man pages and completions inside. Beside them are SHA256SUMS, and for each platform a bill of
// materials (CycloneDX). The same commit gives the same bytes: all times are those of the
// commit, or SOURCE_DATE_EPOCH.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// platform is one that packages are for.
type platform struct {
	system, cpu string
	formats     []string // of nfpm, and the archive
}

var packaged = []string{"deb", "rpm", "apk", "tar.gz"}

// platforms are those of the README.
var platforms = []platform{
	{"linux", "amd64", packaged}, {"linux", "arm64", packaged}, {"linux", "arm", packaged}, {"linux", "riscv64", packaged},
	{"darwin", "arm64", []string{"tar.gz"}}, {"windows", "amd64", []string{"zip"}},
}

func (p platform) String() string { return p.system + "/" + p.cpu }

// packageBuild is one run.
type packageBuild struct {
	out, work string
	version   string
	formats   []string // nil: all
	at        time.Time
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "packages:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("packages", flag.ContinueOnError)
	out := flags.String("out", filepath.Join("dist", "packages"), "the folder to write to")
	version := flags.String("version", "", "the version (default: of the commit)")
	only := flags.String("only", "", "one platform: linux/amd64")
	formats := flags.String("formats", "", "only these: deb,rpm,apk,tar.gz,zip")
	if err := flags.Parse(args); err != nil {
		return err
	}
	b := &packageBuild{out: *out, version: *version}
	if *formats != "" {
		b.formats = strings.Split(*formats, ",")
	}
	if err := b.begin(ctx); err != nil {
		return err
	}
	defer os.RemoveAll(b.work)
	shared, err := b.shared(ctx)
	if err != nil {
		return err
	}
	built := 0
	for _, p := range platforms {
		if *only != "" && p.String() != *only {
			continue
		}
		if err := b.platform(ctx, p, shared); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		built++
	}
	if built == 0 {
		return fmt.Errorf("there is no platform %s", *only)
	}
	return writeSums(b.out)
}

var versionForm = regexp.MustCompile(`^\d+\.\d+\.\d+([-+~.][0-9A-Za-z.+~-]+)?$`)

// begin finds out version and time, and makes the folders.
func (b *packageBuild) begin(ctx context.Context) error {
	seconds, err := commitTime(ctx)
	if err != nil {
		return err
	}
	b.at = time.Unix(seconds, 0).UTC()
	if b.version == "" {
		hash, err := output(ctx, "git", "rev-parse", "--short=12", "HEAD")
		if err != nil {
			return err
		}
		b.version = "0.0.0~" + b.at.Format("20060102150405") + "." + hash // ~ sorts before every release
	}
	if b.version = strings.TrimPrefix(b.version, "v"); !versionForm.MatchString(b.version) {
		return fmt.Errorf("%q is no version such as 1.2.3", b.version)
	}
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return err
	}
	b.work, err = os.MkdirTemp("", "sockeye-packages")
	return err
}

// commitTime is SOURCE_DATE_EPOCH, or the time of the commit, in seconds since 1970.
func commitTime(ctx context.Context) (int64, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		var err error
		if text, err = output(ctx, "git", "log", "-1", "--format=%ct"); err != nil {
			return 0, errors.Join(errors.New("outside a repository set SOURCE_DATE_EPOCH and -version"), err)
		}
	}
	return strconv.ParseInt(text, 10, 64)
}

// output is what a program prints.
func output(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), err
}

// platform builds the program for a platform and packs it.
func (b *packageBuild) platform(ctx context.Context, p platform, shared []packageFile) error {
	program := filepath.Join(b.work, p.system+"-"+p.cpu, "sockeye")
	if p.system == "windows" {
		program += ".exe"
	}
	if err := compile(ctx, p, program); err != nil {
		return err
	}
	if err := checkSize(program, maxProgram); err != nil {
		return err
	}
	if err := b.writeBill(program, p); err != nil {
		return err
	}
	files := append([]packageFile{{program, "/usr/bin/" + filepath.Base(program), 0o755}}, shared...)
	for _, format := range p.formats {
		if b.formats != nil && !slices.Contains(b.formats, format) {
			continue
		}
		var err error
		switch format {
		case "tar.gz":
			err = b.tarball(p, files)
		case "zip":
			err = b.zip(p, files)
		default:
			err = b.nfpm(ctx, p, format, files)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", format, err)
		}
	}
	return nil
}

// maxProgram is how large a program may be, in bytes: it goes to boards over slow links.
const maxProgram = 25_000_000

// checkSize refuses a program of more than so many bytes.
func checkSize(program string, most int64) error {
	info, err := os.Stat(program)
	if err != nil {
		return err
	}
	if info.Size() > most {
		return fmt.Errorf("the program has %d bytes, and %d are the most: see what is large with go build -o /tmp/x ./cmd/sockeye && go tool nm -size -sort size /tmp/x", info.Size(), most)
	}
	return nil
}

// coldPackages do nothing that is done often: without inlining they are 800 kB smaller.
var coldPackages = []string{
	"charm.land/lipgloss/v2", "crypto/x509", "encoding/gob", "github.com/BurntSushi/toml",
	"github.com/charmbracelet/ultraviolet", "github.com/charmbracelet/x/ansi", "github.com/google/nftables",
	"github.com/jsimonetti/rtnetlink/v2", "github.com/mdlayher/netlink", "github.com/miekg/dns",
	"github.com/mochi-mqtt/server/v2", "github.com/mochi-mqtt/server/v2/packets", "github.com/nats-io/nats.go",
	"github.com/pion/dtls/v3", "github.com/pkg/sftp", "github.com/spf13/cobra", "github.com/spf13/pflag",
	"github.com/xo/terminfo", "golang.org/x/crypto/ssh", "net/http",
	"sockeye/internal/boards", "sockeye/internal/cli", "sockeye/internal/codegen", "sockeye/internal/deploy",
	"sockeye/internal/device", "sockeye/internal/doctor", "sockeye/internal/encode", "sockeye/internal/mdns",
	"sockeye/internal/netinfo", "sockeye/internal/offline", "sockeye/internal/offline/codec", "sockeye/internal/offline/host",
	"sockeye/internal/offline/tutorial", "sockeye/internal/sensor", "sockeye/internal/workspace",
}

// compile builds the program so that it depends on the sources alone. HTTP/2, which neither
// the page's server nor any client speaks, is left out: net/http links 600 kB of it
// otherwise.
func compile(ctx context.Context, p platform, program string) error {
	args := []string{"build", "-trimpath", "-tags", "nethttpomithttp2", "-ldflags", "-s -w -buildid=", "-o", program}
	for _, name := range coldPackages {
		args = append(args, "-gcflags="+name+"=-l")
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "./cmd/sockeye")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.system, "GOARCH="+p.cpu, "GOARM=7", "GOFLAGS=-mod=readonly")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}
