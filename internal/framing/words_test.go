package framing

import "testing"

// What a mark or a verdict is called is read again, and nothing else is.
func TestWordsOfMarksAndVerdicts(t *testing.T) {
	for m := Whole; m <= Open; m++ {
		var got Mark
		if err := got.UnmarshalText([]byte(m.String())); err != nil || got != m {
			t.Errorf("%s is read as %s, %v", m, got, err)
		}
	}
	for _, v := range []CheckResult{Unchecked, Right, Wrong} {
		var got CheckResult
		if err := got.UnmarshalText([]byte(v.String())); err != nil || got != v {
			t.Errorf("%q is read as %q, %v", v, got, err)
		}
	}
	mark, verdict := Oversize, Wrong
	if mark.UnmarshalText([]byte("torn")) == nil || verdict.UnmarshalText([]byte("torn")) == nil || mark != Oversize || verdict != Wrong {
		t.Errorf("an unknown word became %s and %s", mark, verdict)
	}
}
