package websocket

import (
	"bytes"
	"compress/flate"
	"io"
	"strings"
	"sync"
)

// deflateParameters have each message compressed by itself: neither side keeps the window of the one before,
// so an idle connection holds none (RFC 7692 section 7.1.1).
const deflateParameters = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

// minDeflate is the shortest message that is compressed.
const minDeflate = 64

// flushTail ends a compressed message and is not sent (RFC 7692 section 7.2.1).
var flushTail = []byte{0, 0, 0xff, 0xff}

var (
	deflaters = sync.Pool{New: func() any { w, _ := flate.NewWriter(nil, flate.BestSpeed); return w }}
	inflaters = sync.Pool{New: func() any { return flate.NewReader(nil) }}
)

// deflate adds the compressed message.
func deflate(dst *bytes.Buffer, data []byte) {
	w := deflaters.Get().(*flate.Writer)
	w.Reset(dst)
	w.Write(data)
	w.Flush()
	w.Reset(nil)
	deflaters.Put(w)
	dst.Truncate(dst.Len() - len(flushTail))
}

// maxRatio is how many times its size DEFLATE makes of what is packed best, rounded up: 258 bytes of
// two bits (RFC 1951 section 3.2.5).
const maxRatio = 1032

// inflatesBeyond reports whether the beginning of a compressed message has more than so many bytes, without
// keeping them.
func inflatesBeyond(packed []byte, most int) bool {
	r := inflaters.Get().(io.ReadCloser)
	defer inflaters.Put(r)
	r.(flate.Resetter).Reset(bytes.NewReader(packed), nil)
	n, _ := io.Copy(io.Discard, io.LimitReader(r, int64(most)+1)) // where it ends, or what is wrong with it, is seen later
	return n > int64(most)
}

// inflate gives the message that was compressed, if it has at most so many bytes.
func inflate(dst, packed []byte, most int) ([]byte, error) {
	r := inflaters.Get().(io.ReadCloser)
	defer inflaters.Put(r)
	in := io.MultiReader(bytes.NewReader(packed), bytes.NewReader(flushTail), bytes.NewReader([]byte{1, 0, 0, 0xff, 0xff}))
	r.(flate.Resetter).Reset(in, nil)
	out := bytes.NewBuffer(dst[:0])
	n, err := io.Copy(out, io.LimitReader(r, int64(most)+1))
	switch {
	case err != nil:
		return nil, violation("a compressed message cannot be decompressed", "压缩消息无法解压")
	case n > int64(most):
		return nil, tooBig(most)
	}
	return out.Bytes(), nil
}

// acceptsDeflate reports whether an offer of extensions has one that we can speak: our
// window is 32 KiB, and no offer may demand a smaller one of us.
func acceptsDeflate(offers []string) bool {
	for _, offer := range splitList(offers) {
		parts := strings.Split(offer, ";")
		ok := strings.TrimSpace(parts[0]) == "permessage-deflate"
		for _, p := range parts[1:] {
			name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
			switch name {
			case "server_no_context_takeover", "client_no_context_takeover", "client_max_window_bits":
			case "server_max_window_bits":
				ok = ok && strings.Trim(value, `"`) == "15"
			default:
				ok = false
			}
		}
		if ok {
			return true
		}
	}
	return false
}

// splitList reads header lines of values with commas between.
func splitList(lines []string) (all []string) {
	for _, line := range lines {
		for one := range strings.SplitSeq(line, ",") {
			if one = strings.TrimSpace(one); one != "" {
				all = append(all, one)
			}
		}
	}
	return all
}
