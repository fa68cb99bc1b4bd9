package sensor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/payload"
	"sockeye/internal/regular"
)

// Pick finds one number in a text. The zero Pick takes the first number there is.
type Pick struct {
	// Pattern finds it: its first group, or without one the whole match.
	Pattern *regexp.Regexp
	// Column is the number of a word, from 1; words end at blanks, commas and semicolons.
	Column int
	// JSON is the way to it in a JSON text: "main.temp", "list.0".
	JSON string
}

var firstNumber = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?`)
})

// Number is the number in text that p means; ok is false where there is none.
func (p Pick) Number(text string) (v float64, ok bool) {
	switch {
	case p.Pattern != nil:
		groups := p.Pattern.FindStringSubmatch(text)
		if groups == nil {
			return 0, false
		}
		return parseFinite(groups[min(1, len(groups)-1)])
	case p.Column > 0:
		words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;", r) })
		if p.Column > len(words) {
			return 0, false
		}
		return parseFinite(words[p.Column-1])
	case p.JSON != "":
		return jsonNumber(text, strings.Split(p.JSON, "."))
	}
	return parseFinite(firstNumber().FindString(text))
}

func parseFinite(s string) (float64, bool) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, false
	}
	return v, true
}

// jsonNumber follows a way of names and indexes.
func jsonNumber(text string, way []string) (float64, bool) {
	var at any
	if json.Unmarshal([]byte(text), &at) != nil {
		return 0, false
	}
	for _, step := range way {
		switch v := at.(type) {
		case map[string]any:
			at = v[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n < 0 || n >= len(v) {
				return 0, false
			}
			at = v[n]
		default:
			return 0, false
		}
	}
	switch v := at.(type) {
	case float64:
		return v, true
	case bool:
		return GPIOEvent{Rising: v}.Value(), true
	case string:
		return parseFinite(v)
	}
	return 0, false
}

// File is a source that reads the number which p means out of a file, at most its
// first 64 KiB.
func File(path, unit string, p Pick) Source {
	return &reading{unit, func(context.Context) (float64, error) {
		f, err := regular.OpenMeasured(path)
		if _, isOurs := errors.AsType[*sockeye.Error](err); isOurs {
			return 0, err
		}
		if err != nil {
			return 0, unreadable(path, err)
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, maxText))
		if err != nil {
			return 0, unreadable(path, err)
		}
		return pick(path, string(text), p)
	}}
}

func pick(path, text string, p Pick) (float64, error) {
	v, ok := p.Number(text)
	if !ok {
		return 0, noNumber(path, text)
	}
	return v, nil
}

// CommandLimit is how long a command may take to print its number.
const CommandLimit = 10 * time.Second

// Command is a source that runs a program with these arguments, without a shell, and
// reads the number which p means out of what it prints, at most 64 KiB.
func Command(args []string, unit string, p Pick) Source {
	name := payload.SafeString(args[0])
	return &reading{unit, func(ctx context.Context) (float64, error) {
		ctx, cancel := context.WithTimeout(ctx, CommandLimit)
		defer cancel()
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.WaitDelay = time.Second // its children may hold the pipe
		var out, problem boundedBuffer
		cmd.Stdout, cmd.Stderr = &out, &problem
		if err := cmd.Run(); err != nil {
			return 0, commandFault(ctx, name, err, problem.String())
		}
		return pick(name, out.String(), p)
	}}
}

func commandFault(ctx context.Context, name string, err error, problem string) error {
	e := &sockeye.Error{Kind: sockeye.System, Op: "read", Target: name, Err: err}
	switch {
	case errors.Is(err, exec.ErrNotFound):
		e.Kind = sockeye.NotFound
		e.Message = sockeye.Text{En: "there is no such program", Zh: "没有这个程序"}
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		e.Kind = sockeye.TimedOut
		e.Message = sockeye.Text{En: fmt.Sprintf("it did not end within %v", CommandLimit), Zh: fmt.Sprintf("没有在 %v 内结束", CommandLimit)}
	case problem != "":
		e.Message = sockeye.Text{En: err.Error() + ": " + quote(problem), Zh: err.Error() + "：" + quote(problem)}
	}
	return e
}

// boundedBuffer keeps the first maxText bytes and takes all.
type boundedBuffer struct{ bytes.Buffer }

func (b *boundedBuffer) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), max(0, maxText-b.Len()))])
	return len(p), nil
}
