package models

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
)

// parseTwice reads "twice:N[,times=2]": an MLP of N times as many units.
func parseTwice(channels string, m data.Modality, option func(name, def string) string) (Encoder, error) {
	n, err := strconv.Atoi(channels)
	if err != nil {
		return nil, fmt.Errorf("twice of %q, want a number", channels)
	}
	times, err := strconv.Atoi(option("times", "2"))
	return MLP{In: m.Shape[0], Widths: []int{n * times}}, err
}

func TestRegisterEncoder(t *testing.T) {
	RegisterEncoder("twice", parseTwice)
	if !slices.Contains(RegisteredEncoders(), "twice") {
		t.Errorf("registered: %v", RegisteredEncoders())
	}
	vector := data.Modality{Name: "v", Kind: data.Vector, Shape: []int{3}}
	for _, tt := range []struct {
		spec, wrong, reason string
		want                Encoder
	}{
		{spec: "twice:4", want: MLP{In: 3, Widths: []int{8}}, reason: "the option's default"},
		{spec: "twice:4, times=3", want: MLP{In: 3, Widths: []int{12}}, reason: "the option"},
		{spec: "twice:x", wrong: `twice of "x", want a number`, reason: "the parser's own error"},
		{spec: "twice:4,tmes=3", wrong: `no option "tmes"`, reason: "an option that it did not take"},
		{spec: "thrice:4", wrong: "want cnn1d", reason: "nobody registered it"},
	} {
		got, err := ParseEncoder(tt.spec, vector)
		if tt.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), tt.wrong) {
				t.Errorf("ParseEncoder(%q): error %v, want %q\nreason: %s", tt.spec, err, tt.wrong, tt.reason)
			}
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("ParseEncoder(%q): error %v (-want +got)\n%s\nreason: %s", tt.spec, err, diff, tt.reason)
		}
	}
	for _, name := range []string{"twice", "mlp", "", "a:b", "a,b", "a=b", "a b"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("RegisterEncoder(%q): no panic", name)
				}
			}()
			RegisterEncoder(name, parseTwice)
		}()
	}
	for spec, want := range map[string]string{
		"twice": "twice", "twice:4": "twice", " mlp : 3 , a=b": "mlp", "resnet18,width=2": "resnet18",
	} {
		if got := EncoderName(spec); got != want {
			t.Errorf("EncoderName(%q) = %q, want %q", spec, got, want)
		}
	}
}
