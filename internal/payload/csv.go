package payload

// EscapeCSV makes a text harmless for every spreadsheet: one that begins like a formula
// gets an apostrophe (OWASP, CSV injection).
func EscapeCSV(s string) string {
	if s == "" {
		return s
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n', 0:
		return "'" + s
	}
	return s
}
