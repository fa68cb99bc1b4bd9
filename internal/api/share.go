package api

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"rsc.io/qr"

	"sockeye"
	"sockeye/internal/core"
)

// How long a page is shared: unless told otherwise, and at most.
const (
	DefaultShareTime = 8 * time.Hour
	MaxShareTime     = 7 * 24 * time.Hour
)

func (c *requestContext) share(None) (Share, error) { return c.shareNow(), nil }

func (c *requestContext) setShare(in SetShare) (Share, error) {
	if err := in.check(c); err != nil {
		return Share{}, err
	}
	if !in.On {
		c.guard.EndSharing()
		return c.shareNow(), nil
	}
	if err := c.mayShare(); err != nil {
		return Share{}, err
	}
	life := DefaultShareTime
	if in.ForMS > 0 {
		life = time.Duration(in.ForMS * float64(time.Millisecond))
	}
	return c.BeginSharing(life), nil
}

// BeginSharing shares the page read-only for so long, by a new link; an earlier one ends. The
// page must be served to this machine alone, or with TLS and a password.
func (s *Server) BeginSharing(life time.Duration) Share {
	s.guard.BeginSharing(life)
	return s.shareNow()
}

// ShareOf has a running workbench share its page for so long. If it does already, the answer
// is that share, with the time that it has.
func ShareOf(ctx context.Context, c *HTTPClient, life time.Duration) (out Share, err error) {
	if err := c.Ask(ctx, http.MethodGet, "/share", nil, &out); err != nil || out.On {
		return out, err
	}
	err = c.Ask(ctx, http.MethodPut, "/share", SetShare{On: true, ForMS: float64(life / time.Millisecond)}, &out)
	return out, err
}

func (in SetShare) check(*requestContext) error {
	var wrong fieldFaults
	if most := float64(MaxShareTime / time.Millisecond); !(in.ForMS >= 0 && in.ForMS <= most) {
		wrong.add("for_ms", fmt.Sprintf("a page is shared for 1 to %.0f milliseconds, seven days", most), fmt.Sprintf("分享时间为 1 到 %.0f 毫秒（七天）", most))
	}
	return wrong.join()
}

// mayShare refuses to give a link away that would cross a network in the clear.
func (s *Server) mayShare() error {
	if s.sharedLocally() || s.o.TLS != nil && s.o.Password != "" {
		return nil
	}
	return &sockeye.Error{Kind: sockeye.AccessDenied, Op: "share", Target: s.URL(),
		Message: sockeye.Text{En: "the page can be reached from other computers without TLS and a password", Zh: "页面可从其他计算机访问，但没有 TLS 和密码"},
		Hint:    sockeye.Text{En: "start it with --cert, --key and --password-file", Zh: "请用 --cert、--key 和 --password-file 启动"}}
}

// sharedLocally reports whether only this machine reaches the page.
func (s *Server) sharedLocally() bool {
	at, ok := s.servedBeyond.Load().(netip.AddrPort)
	return !ok || !at.IsValid()
}

// sharingNow is what is shared and who watches, for the owner.
func (s *Server) sharingNow() Sharing {
	now := s.guard.Sharing()
	out := Sharing{On: now.Secret != ""}
	if out.On {
		out.Until = stamp(now.Until)
	}
	for _, v := range now.Viewers {
		out.Viewers = append(out.Viewers, Viewer{Address: v.Address, Since: stamp(v.Since)})
	}
	return out
}

// shareNow is sharingNow with the link.
func (s *Server) shareNow() Share {
	out := Share{Sharing: s.sharingNow(), Local: s.sharedLocally()}
	if secret := s.guard.Sharing().Secret; secret != "" {
		out.URL = s.shareOrigin() + "#v=" + secret
		out.QR = qrRows(out.URL)
	}
	return out
}

// shareOrigin is where others find the page: by the address that they reach, unless only a
// name is in the certificate.
func (s *Server) shareOrigin() string {
	at, _ := s.servedBeyond.Load().(netip.AddrPort)
	if !at.IsValid() {
		return s.URL()
	}
	ip := at.Addr()
	if ip.IsUnspecified() {
		if _, board, err := core.Reachable(); err == nil && board.IsValid() {
			ip = board
		}
	}
	host := ip.String()
	if leaf := s.certificate(); leaf != nil && leaf.VerifyHostname(host) != nil {
		for _, name := range s.o.Hosts {
			if leaf.VerifyHostname(name) == nil {
				host = name
				break
			}
		}
	}
	return "https://" + net.JoinHostPort(host, fmt.Sprint(at.Port())) + "/"
}

// certificate is the one that pages see; nil for plain HTTP.
func (s *Server) certificate() *x509.Certificate {
	if s.o.TLS == nil || len(s.o.TLS.Certificates) == 0 {
		return nil
	}
	return s.o.TLS.Certificates[0].Leaf
}

// qrRows is a text as a QR code: a text for each row, # for each dark module. It is nil if
// the text is too long for one.
func qrRows(text string) []string {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return nil
	}
	rows := make([]string, code.Size)
	for y := range rows {
		row := make([]byte, code.Size)
		for x := range row {
			row[x] = ' '
			if code.Black(x, y) {
				row[x] = '#'
			}
		}
		rows[y] = string(row)
	}
	return rows
}
