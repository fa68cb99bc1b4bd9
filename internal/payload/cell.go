package payload

// Cell makes a text harmless for every spreadsheet: one that begins like a formula
// gets an apostrophe (OWASP, CSV injection).
func Cell(s string) string {
	if s == "" {
		return s
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n', 0:
		return "'" + s
	}
	return s
}
