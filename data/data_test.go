package data_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
)

func ExampleSetting_Parse() {
	lr := data.Setting{Name: "lr", Default: 0.1, Min: 0, Max: 1}
	fmt.Println(lr.Parse("0.05"))
	fmt.Println(lr.Parse("5"))
	// Output:
	// 0.05 <nil>
	// <nil> setting lr: got 5, want between 0 and 1
}

func TestSettingParse(t *testing.T) {
	number := data.Setting{Name: "n", Default: 1.0, Min: 0, Max: 10}
	whole := data.Setting{Name: "w", Default: 1.0, Whole: true}
	flag := data.Setting{Name: "b", Default: true}
	free := data.Setting{Name: "s", Default: ""}
	choice := data.Setting{Name: "c", Default: "a", Choices: []string{"a", "b"}}
	for _, tt := range []struct {
		setting data.Setting
		in      any
		want    any
		err     string // part of the message
		reason  string
	}{
		{number, 2.5, 2.5, "", "a number"},
		{number, 3, 3.0, "", "an int of Go"},
		{number, "1e-3", 0.001, "", "typed on a command line"},
		{number, 10.0, 10.0, "", "bounds belong to the range"},
		{number, 10.1, nil, "between 0 and 10", "out of range"},
		{number, math.NaN(), nil, "finite", "not a value"},
		{number, "Inf", nil, "finite", "ParseFloat reads it, but no setting may be infinite"},
		{number, "two", nil, "want a number", "a word"},
		{number, true, nil, "want a number", "a bool"},
		{whole, 3.5, nil, "whole number", "a fraction"},
		{whole, -7.0, -7.0, "", "without bounds anything goes"},
		{flag, false, false, "", "a bool"},
		{flag, "true", true, "", "typed"},
		{flag, "yes", nil, "true or false", "not Go's spelling"},
		{flag, 1.0, nil, "true or false", "a number is no bool"},
		{free, "anything", "anything", "", "no choices"},
		{free, 3.0, "3", "", "a number where a text is wanted"},
		{free, true, "true", "", "likewise"},
		{free, nil, nil, "got <nil>, want a text", "JSON's null would be a text of five letters"},
		{free, []any{"a", "b"}, nil, "got [a b], want a text", "a list of JSON would be a text in brackets"},
		{free, map[string]any{"a": 1.0}, nil, "want a text", "likewise"},
		{choice, "b", "b", "", "one of them"},
		{choice, "d", nil, "one of a, b", "none of them"},
	} {
		got, err := tt.setting.Parse(tt.in)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) ||
				!strings.Contains(err.Error(), "setting "+tt.setting.Name) {
				t.Errorf("Parse(%v): error %v, want one with %q\nreason: %s", tt.in, err, tt.err, tt.reason)
			}
			continue
		}
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("Parse(%v): err %v, (-want +got)\n%s\nreason: %s", tt.in, err, diff, tt.reason)
		}
	}
}

func TestParseSplit(t *testing.T) {
	for _, s := range data.Splits {
		if got, err := data.ParseSplit(string(s)); got != s || err != nil {
			t.Errorf("ParseSplit(%q) = %q, %v", s, got, err)
		}
	}
	if _, err := data.ParseSplit("dev"); err == nil || !strings.Contains(err.Error(), "train, val or test") {
		t.Errorf(`ParseSplit("dev"): error %v, want one that names the splits`, err)
	}
}

func TestModalitySize(t *testing.T) {
	if n := (data.Modality{Shape: []int{3, 4, 5}}).Size(); n != 60 {
		t.Errorf("Size = %d, want 60", n)
	}
}

// fixed is a set of two samples.
type fixed struct{ broken error }

func (fixed) Describe() data.Description { return data.Description{} }
func (fixed) Len(data.Split) int         { return 2 }
func (f fixed) Read(_ data.Split, indices []int, draw uint64) (*data.Batch, error) {
	if f.broken != nil {
		return nil, f.broken
	}
	return &data.Batch{Indices: indices, X: map[string][]float32{"m": {float32(indices[0]), float32(draw)}}}, nil
}
func (fixed) Identity(_ data.Split, i int) (string, int) { return fmt.Sprint("sample ", i), 10 + i }

func TestOne(t *testing.T) {
	got, err := data.One(fixed{}, data.Train, 1)
	want := data.Sample{ID: "sample 1", Label: 11, X: map[string][]float32{"m": {1, 0}}} // draw 0: no augmentation
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("One: err %v, (-want +got)\n%s", err, diff)
	}
	broken := &data.FormatError{File: "a.wav", Reason: "12 bytes, want 44"}
	if _, err := data.One(fixed{broken}, data.Train, 1); !errors.Is(err, broken) ||
		err.Error() != "a.wav: 12 bytes, want 44" {
		t.Errorf("One of a broken set: error %v", err)
	}
}

// TestStandardizeRows leaves padding out of the mean and as it is.
func TestStandardizeRows(t *testing.T) {
	parts := map[data.Split]data.Part{
		data.Train: {X: map[string]data.Column{"m": {Values: []float32{1, 5, 3, 5, 0, 0}}}},
		data.Test:  {X: map[string]data.Column{"m": {Values: []float32{0, 0, 4, 6, 0, 5}}}},
	}
	data.StandardizeRows(parts, "m", 2)
	// The first feature has mean 2 and deviation 1; the second is constant, so only shifted.
	for split, want := range map[data.Split]string{data.Train: "[-1 0 1 0 0 0]", data.Test: "[0 0 2 1 -2 0]"} {
		if got := fmt.Sprint(parts[split].X["m"].Values); got != want {
			t.Errorf("split %s is %s, want %s", split, got, want)
		}
	}
}

// FuzzSettingParse: whatever is typed is a value of the setting's type within its bounds, or an error of one line.
func FuzzSettingParse(f *testing.F) {
	for _, text := range []string{"1", "1e3", "NaN", "-Inf", "0x10", "true", "t", "a", "", "1_000"} {
		f.Add(text)
	}
	list := []data.Setting{
		{Name: "n", Default: 1.0, Min: 0, Max: 10, Whole: true}, {Name: "x", Default: 1.0}, {Name: "b", Default: false},
		{Name: "c", Default: "a", Choices: []string{"a", "b"}}, {Name: "s", Default: ""},
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range list {
			v, err := s.Parse(text)
			if err != nil {
				continue
			}
			if reflect.TypeOf(v) != reflect.TypeOf(s.Default) {
				t.Errorf("%s of %q is %T", s.Name, text, v)
			}
			if again, err := s.Parse(v); err != nil || again != v {
				t.Errorf("%s of %q is %v, and that is %v, error %v", s.Name, text, v, again, err)
			}
			if x, ok := v.(float64); ok && (math.IsNaN(x) || math.IsInf(x, 0) || s.Whole && (x < 0 || x > 10)) {
				t.Errorf("%s of %q is %v", s.Name, text, x)
			}
		}
	})
}
