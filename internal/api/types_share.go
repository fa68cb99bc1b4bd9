package api

// What is shared read-only, and with whom.
type (
	// SetShare begins or ends sharing. Beginning makes a new link, and ends an earlier one.
	SetShare struct {
		On    bool    `json:"on"`
		ForMS float64 `json:"for_ms,omitempty"` // until it ends by itself; absent: 8 hours
	}
	// Sharing is whether the page is shared, until when, and who watches.
	Sharing struct {
		On      bool     `json:"on"`
		Until   string   `json:"until,omitempty"`
		Viewers []Viewer `json:"viewers,omitempty"` // the first who came first
	}
	// Viewer is a page that came by the link and follows now.
	Viewer struct {
		Address string `json:"address"` // without a port
		Since   string `json:"since"`   // when it began to follow
	}
	// Share is Sharing with the link, for the owner.
	Share struct {
		Sharing
		URL   string   `json:"url,omitempty"` // lets whoever has it look, until sharing ends
		QR    []string `json:"qr,omitempty"`  // the link as a QR code: its rows, # for a dark module
		Local bool     `json:"local"`         // only this machine reaches the page
	}
)
