package models_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/models"
)

// stateDict is a safetensors file of a header and its bytes.
func stateDict(header string, body []byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), body...)
}

// TestReadStateDict: what PyTorch saves is read.
func TestReadStateDict(t *testing.T) {
	f64 := binary.LittleEndian.AppendUint64(nil, math.Float64bits(1.0/3))
	for _, tt := range []struct {
		name, header string
		body         []byte
		want         []models.Tensor
		meta         map[string]string
		reason       string
	}{
		{"half", `{"w":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]}}`, []byte{0, 0x3c, 0, 0xc0, 0x55, 0x35, 1, 0},
			[]models.Tensor{{"w", []int{2, 2}, []float32{1, -2, 0.333251953125, 0x1p-24}}}, nil,
			"IEEE 754 by hand: 0x3555 is 1365/4096, and 1 the smallest there is"},
		{"bfloat16", `{"w":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}`, []byte{0x80, 0x3f, 0x49, 0xc0},
			[]models.Tensor{{"w", []int{2}, []float32{1, -3.140625}}}, nil, "the upper half of float32"},
		{
			"double", `{"w":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}`, f64,
			[]models.Tensor{{"w", []int{}, []float32{1.0 / 3}}}, nil, "rounded",
		},
		{"counter",
			`{"b":{"dtype":"F16","shape":[1],"data_offsets":[8,10]},"norm.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}`,
			[]byte{9, 9, 9, 9, 9, 9, 9, 9, 0, 0x3c}, []models.Tensor{{"b", []int{1}, []float32{1}}}, nil,
			"batch norm counts in int64; nothing reads it"},
		{
			"counter alone", `{"num_batches_tracked":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}`,
			make([]byte, 4), nil, nil, "a state dict of one layer",
		},
		{"metadata", `{"__metadata__":{"format":"pt","epoch":3,"nothing":null,"tree":{"a":[1]}}}`, nil, nil,
			map[string]string{"format": "pt", "epoch": "3", "nothing": "null", "tree": `{"a":[1]}`},
			"more than the format's texts"},
		{"no metadata", `{"__metadata__":null}`, nil, nil, nil, "None of Python"},
		{"blanks", `{}      `, nil, nil, nil, "headers are filled up to eight bytes"},
		{
			"float counter", `{"num_batches_tracked":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, make([]byte, 4),
			nil, nil, "after model.float()",
		},
	} {
		got, meta, err := models.ReadSafetensors(bytes.NewReader(stateDict(tt.header, tt.body)))
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: error %v (-want +got)\n%s\nreason: %s", tt.name, err, diff, tt.reason)
		}
		if diff := cmp.Diff(tt.meta, meta); diff != "" {
			t.Errorf("%s: metadata (-want +got)\n%s", tt.name, diff)
		}
	}
}

// TestHalfTwin compares every number of 16 bits with what its sign, exponent and fraction say.
func TestHalfTwin(t *testing.T) {
	for _, tt := range []struct {
		dtype                   string
		exponents, bias, digits int
	}{{"F16", 31, 15, 10}, {"BF16", 255, 127, 7}} {
		body := make([]byte, 2<<16)
		for u := range 1 << 16 {
			binary.LittleEndian.PutUint16(body[2*u:], uint16(u))
		}
		list, _, err := models.ReadSafetensors(
			bytes.NewReader(
				stateDict(`{"w":{"dtype":"`+tt.dtype+`","shape":[65536],"data_offsets":[0,131072]}}`, body),
			),
		)
		if err != nil {
			t.Fatal(err)
		}
		for u, got := range list[0].Values {
			exponent, fraction := u>>tt.digits&tt.exponents, u&(1<<tt.digits-1)
			want := math.Ldexp(float64(1<<tt.digits+fraction), exponent-tt.bias-tt.digits)
			switch {
			case exponent == tt.exponents && fraction == 0:
				want = math.Inf(1)
			case exponent == tt.exponents:
				want = math.NaN()
			case exponent == 0:
				want = math.Ldexp(float64(fraction), 1-tt.bias-tt.digits)
			}
			if u>>15 == 1 {
				want = -want
			}
			if math.IsNaN(want) != math.IsNaN(float64(got)) ||
				!math.IsNaN(want) && (float64(got) != want || math.Signbit(want) != math.Signbit(float64(got))) {
				t.Fatalf("%s %#04x is %v, want %v", tt.dtype, u, got, want)
			}
		}
	}
}

// TestReadSafetensorsRefuses: a header that lies is named, and nothing is allocated for what is not there.
func TestReadSafetensorsRefuses(t *testing.T) {
	const four = `{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`
	for _, tt := range []struct {
		name, header string
		body         int
		want, reason string
	}{
		{
			"gap at the start", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8, "bytes [4 8], want [0 4]",
			"what lies there",
		},
		{
			"gap", `{"a":` + four + `,"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, 12,
			"tensor b of type F32 and shape [1]: bytes [8 12], want [4 8]", "a hole",
		},
		{
			"overlap", `{"a":` + four + `,"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`, 6,
			"bytes [2 6], want [4 8]", "two tensors on the same bytes",
		},
		{
			"same place", `{"a":` + four + `,"b":` + four + `}`, 4,
			"tensor b of type F32 and shape [1]: bytes [0 4], want [4 8]", "likewise",
		},
		{
			"backwards", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 4, "bytes [4 0], want [0 4]",
			"the end before the beginning",
		},
		{
			"negative", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}`, 4, "bytes [-4 0], want [0 4]",
			"before the file",
		},
		{
			"extremes",
			`{"a":{"dtype":"F32","shape":[1],"data_offsets":[-9223372036854775808,0]},"b":{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775807,4]}}`,
			4, "want [0 4]", "their difference is no int64",
		},
		{
			"smaller than its shape", `{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,4]}}`, 4,
			"bytes [0 4], want [0 12]", "reads beyond",
		},
		{
			"width of another type", `{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,4]}}`, 4,
			"bytes [0 4], want [0 2]", "two bytes a value",
		},
		{
			"beyond the file", `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 4, "tensor a: 4 bytes, want 8",
			"cut off",
		},
		{
			"far beyond the file", `{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}`, 4,
			"tensor a: 4 bytes, want 4398046511104", "four terabytes are not allocated",
		},
		{
			"overflow", `{"a":{"dtype":"F32","shape":[9223372036854775807,8],"data_offsets":[0,8]}}`, 8,
			"tensor a: shape [9223372036854775807 8]", "a product beyond int64",
		},
		{
			"negative axis", `{"a":{"dtype":"F32","shape":[-1,-4],"data_offsets":[0,16]}}`, 16, "shape [-1 -4]",
			"their product is positive",
		},
		{"trailing byte", `{"a":` + four + `}`, 5, "bytes after the last tensor", "whose are they"},
		{
			"counter cut off", `{"num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}`, 4,
			"4 bytes, want 8", "passed over, but there",
		},
		{
			"counter of another size", `{"num_batches_tracked":{"dtype":"I64","shape":[2],"data_offsets":[0,8]}}`, 8,
			"bytes [0 8], want [0 16]", "likewise",
		},
		{
			"name twice", `{"a":` + four + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8,
			"header: a: stands twice", "encoding/json takes the last",
		},
		{
			"key twice", `{"a":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}}`, 4,
			"header: a.dtype: stands twice", "likewise",
		},
		{
			"three offsets", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}`, 4,
			"tensor a: data_offsets: 3 entries, want 2", "encoding/json drops the third",
		},
		{"no offsets", `{"a":{"dtype":"F32","shape":[]}}`, 0, "bytes [0 0], want [0 4]", "a value of no bytes"},
		{"no shape", `{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4, "tensor a: no shape", "one value, or none?"},
		{
			"unknown key", `{"a":{"dtype":"F32","shape":[1],"offsets":[0,4],"data_offsets":[0,4]}}`, 4,
			`tensor a: unknown field "offsets"`, "another format",
		},
		{
			"fraction", `{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}`, 4,
			"tensor a: shape[0]: 1.5, want a whole number", "no shape",
		},
		{"metadata", `{"__metadata__":[1]}`, 0, "header: metadata: a list, want an object", "not the format's"},
		{"metadata twice", `{"__metadata__":{"a":"1","a":"2"}}`, 0, "stands twice", "which one is meant"},
		{
			"line feed in a name", `{"a\nb":` + four + `}`, 4, `tensor "a\nb", want a name without control characters`,
			"an error is one line",
		},
		{"no JSON", `{"a":`, 0, "header: unexpected EOF", "damaged"},
		{"not UTF-8", "{\"\xff\":" + four + "}", 4, "not UTF-8", "damaged"},
		{
			"integer", `{"w":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}`, 8,
			"not supported: tensor w of type I64, want F32, F64, F16 or BF16",
			"no weight; only counters are passed over",
		},
		{
			"nearly a counter", `{"my_num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}`, 8,
			"my_num_batches_tracked of type I64", "only those named so",
		},
		{
			"eight bits", `{"w":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}`, 4, "tensor w of type F8_E4M3",
			"not read",
		},
		{
			"truth values", `{"mask":{"dtype":"BOOL","shape":[4],"data_offsets":[0,4]}}`, 4, "tensor mask of type BOOL",
			"no weight",
		},
	} {
		_, _, err := models.ReadSafetensors(bytes.NewReader(stateDict(tt.header, make([]byte, tt.body))))
		var format *data.FormatError
		var unsupported *data.UnsupportedError
		if !errors.As(err, &format) && !errors.As(err, &unsupported) || !strings.Contains(err.Error(), tt.want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %q\nreason: %s", tt.name, err, tt.want, tt.reason)
		}
	}
	for _, size := range []uint64{100<<20 + 1, 1 << 62, math.MaxUint64} {
		if _, _, err := models.ReadSafetensors(
			bytes.NewReader(binary.LittleEndian.AppendUint64(nil, size)),
		); err == nil || !strings.Contains(err.Error(), "want at most") {
			t.Errorf("header of %d bytes: error %v", size, err)
		}
	}
	huge := binary.LittleEndian.AppendUint64(nil, math.Float64bits(-1e300))
	if _, _, err := models.ReadSafetensors(
		bytes.NewReader(stateDict(`{"w":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}`, huge)),
	); err == nil || !strings.Contains(err.Error(), "entry 0 is -1e+300, which float32 cannot hold") {
		t.Errorf("a double beyond float32: error %v", err)
	}
}

func TestUnwrapped(t *testing.T) {
	for _, tt := range []struct {
		name        string
		given, want []string
		err, reason string
	}{
		{"plain", []string{"enc.a.weight", "head.bias"}, []string{"enc.a.weight", "head.bias"}, "", "as they are"},
		{
			"DataParallel", []string{"module.enc.a.weight", "module.head.bias"}, []string{"enc.a.weight", "head.bias"},
			"", "it puts the model under module",
		},
		{"compiled", []string{"_orig_mod.a"}, []string{"a"}, "", "torch.compile"},
		{"both", []string{"module._orig_mod.a", "module._orig_mod.b"}, []string{"a", "b"}, "", "one within the other"},
		{"both, the other way", []string{"_orig_mod.module.a"}, []string{"a"}, "", "likewise"},
		{
			"some", []string{"module.a", "b"}, nil, "tensor module.a has the prefix module., tensor b has not",
			"two state dicts in one file",
		},
		{"inside", []string{"enc.module.a"}, []string{"enc.module.a"}, "", "a name of the model's own"},
		{"none", nil, nil, "", "no tensors"},
	} {
		var list []models.Tensor
		for _, n := range tt.given {
			list = append(list, models.Tensor{Name: n})
		}
		got, err := models.Unwrapped(list)
		var names []string
		for _, x := range got {
			names = append(names, x.Name)
		}
		switch {
		case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
			t.Errorf("%s: error %v, want %q\nreason: %s", tt.name, err, tt.err, tt.reason)
		case tt.err == "" && (err != nil || !cmp.Equal(tt.want, names)):
			t.Errorf("%s: %v, error %v, want %v\nreason: %s", tt.name, names, err, tt.want, tt.reason)
		}
	}
}
