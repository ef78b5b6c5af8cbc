package seal

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestSeal(t *testing.T) {
	for _, tt := range []struct{ name, text, reason string }{
		{"compact", `{"a":1,"seal.crc32c":"00000000","b":[2]}`, "as json.Marshal writes"},
		{"indented", "{\n  \"a\": 1,\n  \"seal.crc32c\": \"00000000\"\n}\n", "as json.MarshalIndent writes"},
		{
			"nested", `{"m":{"seal.crc32c":"00000000"},"seal.crc32c x":{"dtype":"F32"}}`,
			"as a safetensors header has it",
		},
		{
			"in a string", `{"a":"\"seal.crc32c\":\"12345678\"","seal.crc32c":"00000000"}`,
			"quotes inside a string have backslashes",
		},
		{
			"not digits", `{"seal.crc32c":{"dtype":"F32"},"m":{"seal.crc32c":"00000000"}}`,
			"a tensor of that name is an object",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, err := Sealed([]byte(tt.text))
			if err != nil || !json.Valid(text) {
				t.Fatalf("Sealed: %s, %v", text, err)
			}
			if sealed, err := Check(text); !sealed || err != nil {
				t.Fatalf("Check(%s): %v, %v\nreason: %s", text, sealed, err, tt.reason)
			}
			for i := range 8 * len(text) { // every bit
				text[i/8] ^= 1 << (i % 8)
				if sealed, err := Check(text); sealed && err == nil {
					t.Fatalf("bit %d flipped and not seen: %s", i, text)
				}
				text[i/8] ^= 1 << (i % 8)
			}
		})
	}
}

func TestSealFollowed(t *testing.T) {
	text, data := []byte(`{"seal.crc32c":"00000000"}`), []byte("numbers")
	if err := Seal(text, func(sum uint32) uint32 { return Update(sum, data) }); err != nil {
		t.Fatal(err)
	}
	want, sum, sealed := Open(text)
	if !sealed || Digits(Update(sum, data)) != want {
		t.Errorf("checksum %s, want %s", Digits(Update(sum, data)), want)
	}
	if Digits(Update(sum, []byte("numberz"))) == want {
		t.Error("other data have the same checksum")
	}
}

func TestSealRefuses(t *testing.T) {
	for _, text := range []string{
		``, `{}`, `{"seal.crc32c":"0000"}`, `{"seal.crc32c":"12345678"}`, `{"seal.crc32c":`, `{"seal.crc32c":"0000000`,
	} {
		if err := Seal([]byte(text), nil); !errors.Is(err, errNoPlace) {
			t.Errorf("Seal(%q): error %v, want %v", text, err, errNoPlace)
		}
	}
	if sealed, err := Check([]byte(`{"a":1}`)); sealed || err != nil {
		t.Errorf("Check of a text without a checksum: %v, %v", sealed, err)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(`{"seal.crc32c":"00000000"}`))
	f.Add([]byte(`{"a": {"seal.crc32c": "00000000"}}`))
	f.Add([]byte(`"seal.crc32c":`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := Check(text); err != nil && !errors.Is(err, ErrChanged) {
			t.Errorf("error %v", err)
		}
		if again, err := Sealed(text); err == nil {
			if sealed, err := Check(again); !sealed || err != nil {
				t.Errorf("a text that was sealed is not: %q: %v, %v", again, sealed, err)
			}
		}
	})
}
