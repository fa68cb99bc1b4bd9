package query

import (
	"context"
	"io"

	"sockeye"
	"sockeye/internal/recording"
)

// formats are the forms in which events are exported.
var formats = map[string]struct {
	extension string
	write     func(ctx context.Context, from recording.EventSource, m *recording.EventMatcher, w io.Writer, l sockeye.Lang) error
}{
	"text":  {"txt", recording.WriteText},
	"csv":   {"csv", recording.WriteCSV},
	"jsonl": {"jsonl", recording.WriteJSON},
	"pcapng": {"pcapng", func(ctx context.Context, from recording.EventSource, m *recording.EventMatcher, w io.Writer, _ sockeye.Lang) error {
		return recording.WritePcapng(ctx, from, m, w)
	}},
	"raw": {"bin", func(ctx context.Context, from recording.EventSource, m *recording.EventMatcher, w io.Writer, _ sockeye.Lang) error {
		return recording.WriteBytes(ctx, from, m, w)
	}},
}

// ExportExtension is how the name of a file of a format ends: "txt" for text, and so for
// csv, jsonl, pcapng and raw; false for any other.
func ExportExtension(format string) (extension string, known bool) {
	f, known := formats[format]
	return f.extension, known
}

// Export writes the events that a filter wants in a format that ExportExtension knows,
// its words in a language.
func (s *EventSpan) Export(ctx context.Context, format string, m *recording.EventMatcher, w io.Writer, l sockeye.Lang) error {
	return formats[format].write(ctx, s, m, w, l)
}
