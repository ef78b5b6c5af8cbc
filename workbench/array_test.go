package workbench

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// raw writes values as the host does.
func raw(values ...float32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func TestReadArray(t *testing.T) {
	for _, tt := range []struct {
		name, shape string
		body        []byte
		want        Array
		err         string
		reason      string
	}{
		{"matrix", "2,3", raw(1, 2, 3, 4, 5, 6), Array{[]int{2, 3}, []float32{1, 2, 3, 4, 5, 6}}, "", "row-major"},
		{
			"bits", "1", []byte{0, 0, 0x80, 0x3f}, Array{[]int{1}, []float32{1}}, "",
			"1 is 0x3f800000, lowest byte first",
		},
		{"scalar", "", raw(7), Array{[]int{}, []float32{7}}, "", "no axes, one value"},
		{"empty", "0,5", nil, Array{[]int{0, 5}, []float32{}}, "", "a split without samples"},
		{
			"short", "2,3", raw(1, 2), Array{}, "workbench: array of shape [2 3]: got 8 bytes, want 24",
			"a reply that was cut",
		},
		{"torn", "1", []byte{1, 2, 3}, Array{}, "workbench: array of shape [1]: got 3 bytes, want 4", "within a value"},
		{
			"long", "1", raw(1, 2), Array{}, "workbench: array of shape [1]: got 5 bytes or more, want 4",
			"the rest is not read",
		},
		{"words", "two", nil, Array{}, `workbench: array shape: got "two", want whole numbers`, "not a number"},
		{"negative", "-1", nil, Array{}, `workbench: array shape: got "-1", want whole numbers`, "not a size"},
		{
			"huge", "4294967296,4294967296", nil, Array{},
			`workbench: array shape: got "4294967296,4294967296", want at most 4294967296 values`,
			"the product would overflow",
		},
		{
			"claimed", "4294967296", raw(1), Array{},
			"workbench: array of shape [4294967296]: got 4 bytes, want 17179869184",
			"memory is taken for what comes, not for what is claimed",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readArray(tt.shape, bytes.NewReader(tt.body))
			if text := errorText(err); text != tt.err {
				t.Fatalf("error %q, want %q\nreason: %s", text, tt.err, tt.reason)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s\nreason: %s", diff, tt.reason)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func FuzzReadArray(f *testing.F) {
	f.Add("2,3", raw(1, 2, 3, 4, 5, 6))
	f.Add("", raw(1))
	f.Add("0,99999999999", []byte{})
	f.Add("1,,2", []byte{1})
	f.Fuzz(func(t *testing.T, shape string, body []byte) {
		a, err := readArray(shape, bytes.NewReader(body))
		if err != nil {
			return
		}
		n := 1
		for _, d := range a.Shape {
			n *= d
		}
		if n != len(a.Values) || 4*n != len(body) {
			t.Errorf("shape %v, %d values of %d bytes", a.Shape, len(a.Values), len(body))
		}
		if back := raw(a.Values...); !bytes.Equal(back, body) {
			t.Errorf("values %v do not give the bytes back", a.Values)
		}
	})
}

func TestArrayAt(t *testing.T) {
	a := Array{[]int{2, 2, 3}, []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}
	n := float32(0)
	for i := range 2 {
		for j := range 2 {
			for k := range 3 {
				if got := a.At(i, j, k); got != n {
					t.Errorf("At(%d, %d, %d) = %v, want %v", i, j, k, got, n)
				}
				n++
			}
		}
	}
	for _, bad := range [][]int{{0, 0}, {2, 0, 0}, {0, 0, -1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("At(%v) did not panic", bad)
				}
			}()
			a.At(bad...)
		}()
	}
}

func TestArrayReply(t *testing.T) {
	f := startFake(t)
	a, err := first().VarContext(t.Context(), "audio.conv1.weight")
	if diff := cmp.Diff(Array{[]int{2, 3}, []float32{1, 2, 3, 4, 5, 6.5}}, a); err != nil || diff != "" {
		t.Errorf("VarContext: %v (-want +got)\n%s", err, diff)
	}
	batch, err := first().BatchContext(t.Context())
	if err != nil || len(batch) != 3 || len(batch["label"].Values) != 6 {
		t.Errorf("BatchContext: %v, %v, want audio, visual and label", batch, err)
	}
	for _, look := range []func(context.Context, string) (Array, error){
		first().GradientContext, first().ActivationContext, first().SampleNormsContext,
	} {
		if a, err := look(t.Context(), "audio"); err != nil || len(a.Values) != 6 {
			t.Errorf("%v, error %v, want 6 values", a, err)
		}
	}
	want := []string{
		"GET /v1/runs/first/var?name=audio.conv1.weight", "GET /v1/runs/first/batch?modality=audio",
		"GET /v1/runs/first/batch?modality=visual", "GET /v1/runs/first/batch?modality=label",
		"GET /v1/runs/first/gradient?name=audio", "GET /v1/runs/first/activation?layer=audio",
		"GET /v1/runs/first/samples?modality=audio",
	}
	if diff := cmp.Diff(want, f.calls()); diff != "" {
		t.Errorf("calls (-want +got)\n%s", diff)
	}
	f.behave(func(p *plan) { p.array = []byte{1, 2, 3} })
	if _, err := first().FeaturesContext(t.Context(), Test, "audio"); err == nil ||
		!strings.Contains(err.Error(), "got 3 bytes, want 24") {
		t.Errorf("FeaturesContext of a reply that was cut: %v, want the sizes", err)
	}
}
