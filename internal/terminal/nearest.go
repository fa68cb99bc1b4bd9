package terminal

// Nearest returns the candidate within two edits of a word (one edit where the word has fewer
// than six letters), or "".
func Nearest(word string, candidates []string) string {
	best, most := "", 2
	if len(word) < 6 { // board is two edits from load, and the name of a host
		most = 1
	}
	for _, c := range candidates {
		if d := edits(word, c); d <= most {
			best, most = c, d-1
		}
	}
	return best
}

// edits is the number of letters to add, drop, change or swap with their
// neighbour to get from one word to another (optimal string alignment).
func edits(from, to string) int {
	a, b := []rune(from), []rune(to)
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
