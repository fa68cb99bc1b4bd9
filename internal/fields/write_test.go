package fields

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is written is what the same spec reads.
func TestAppendStruct(t *testing.T) {
	spec, err := Parse(`u8 id, i16le temperature*0.1, pad 1, f32be humidity, u24be count, i64le far, i8 low "°C"`)
	if err != nil {
		t.Fatal(err)
	}
	if err := spec.CanWrite(); err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{"id": 300, "temperature": -12.34, "humidity": 45.5, "count": 70000, "far": math.Inf(1), "low": math.NaN()}
	frame := spec.AppendStruct(nil, func(name string) float64 { return values[name] })
	got := map[string]float64{}
	read, fault := spec.readStruct(nil, frame)
	if !fault.IsZero() {
		t.Fatal(fault)
	}
	for _, v := range read {
		got[v.Name] = v.Number
	}
	want := map[string]float64{"id": 255, "temperature": -12.3, "humidity": 45.5, "count": 70000, "far": math.MaxInt64, "low": 0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-written +read):\n%s", diff)
	}
	for _, typed := range []string{"json", "u8 a[4]", "text a[4]", "u8 a, u8 b if a==1", "u8 a@4", "bits a:3"} {
		spec, err := Parse(typed)
		if err != nil {
			t.Fatal(err)
		}
		if spec.CanWrite() == nil {
			t.Errorf("%s can be written", typed)
		}
	}
}

// FuzzAppendStruct: every number goes into every type, and comes back as near as the type allows.
func FuzzAppendStruct(f *testing.F) {
	f.Add(0.0)
	f.Add(-1e300)
	f.Fuzz(func(t *testing.T, v float64) {
		for name, typ := range numberTypes {
			b := typ.append(nil, v)
			back := (&Field{}).numberAt(typ, b).Number
			if len(b) != typ.size || typ.size < 4 && !math.IsNaN(v) && math.Abs(back) > math.Abs(v)+1 {
				t.Errorf("%s: %v became %x, read as %v", name, v, b, back)
			}
		}
	})
}
