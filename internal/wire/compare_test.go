package wire

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/seal"
)

func TestParseCompared(t *testing.T) {
	sd := 0.5
	good := Compared{
		Schema: 1, Data: "synth", Methods: []MethodResult{{Method: "joint", Accuracies: []Summary{
			{Quantity: Quantity{"fused", "head"}, Mean: 0.5, SD: &sd, Seeds: 2},
			{Quantity: Quantity{"audio", "split"}, Mean: 0.25, Seeds: 1},
		}}}, Runs: []RunOutcome{{Run: "joint-seed0", Versions: map[string]string{"go": "1"}}},
	}
	text, err := json.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseCompared(text)
	if diff := cmp.Diff(&good, got); err != nil || diff != "" {
		t.Errorf("what was written: error %v (-want +got)\n%s", err, diff)
	}
	sealed, err := seal.Sealed(append([]byte(`{"seal.crc32c":"00000000",`), text[1:]...))
	if err != nil {
		t.Fatal(err)
	}
	if got, err = ParseCompared(sealed); err != nil || !cmp.Equal(&good, got) {
		t.Errorf("with a checksum: %v, error %v", got, err)
	}
	for _, tt := range []struct{ name, text, want, reason string }{
		{
			"changed", strings.Replace(string(sealed), "0.25", "0.35", 1), "changed since it was written",
			"its checksum is another's",
		},
		{"newer", `{"schema":3,"more":1}`, "schema 3, this program knows up to 2", "what it has more is its own"},
		{"misspelt", `{"schema":1,"methods":[{"metod":"joint"}]}`, `unknown field "methods[0].metod"`, "a value lost"},
		{"twice", `{"schema":1,"data":"a","data":"b"}`, "data: stands twice", "which one is meant"},
		{"another file", `{}`, "no schema", "nothing says that it is one"},
		{"cut off", `{"schema":1`, "unexpected EOF, is it cut off?", "half a file"},
	} {
		if _, err := ParseCompared([]byte(tt.text)); err == nil || err.Error() != tt.want {
			t.Errorf("%s: error %v, want %q\nreason: %s", tt.name, err, tt.want, tt.reason)
		}
	}
}

func FuzzParseCompared(f *testing.F) {
	f.Add(
		[]byte(
			`{"schema":1,"methods":[{"method":"joint","accuracy":[{"encoder":"fused","readout":"head","mean":1,"sd":null,"seeds":1}]}]}`,
		),
	)
	f.Add([]byte(`{"schema":2}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ParseCompared(text)
		if (c == nil) == (err == nil) || err == nil && (c.Schema < 1 || c.Schema > CompareSchema) {
			t.Errorf("%+v, error %v", c, err)
		}
	})
}
