package datatest

import (
	"bytes"
	"testing"
)

func TestWaves(t *testing.T) {
	x := Telephone(MuLaw, 100, 0.03)
	if plain := (Wave{}).File(8000, WAV(8000, x)[44:]); !bytes.Equal(plain, WAV(8000, x)) {
		t.Errorf("Wave: %q, want what WAV writes", plain[:44])
	}
	for _, tt := range []struct {
		got, want int16
		reason    string
	}{
		{MuLaw(0xff), 0, "G.711: all bits are silence"},
		{MuLaw(0x00), -32124, "the loudest"},
		{MuLaw(0x80), 32124, "the loudest"},
		{MuLaw(0xfe), 8, "the smallest step"},
		{ALaw(0xd5), 8, "A-law has no 0"},
		{ALaw(0x55), -8, "A-law has no 0"},
		{ALaw(0xaa), 32256, "the loudest"},
		{ALaw(0x2a), -32256, "the loudest"},
	} {
		if tt.got != tt.want {
			t.Errorf("%d, want %d: %s", tt.got, tt.want, tt.reason)
		}
	}
	for _, tt := range []struct {
		law  func(byte) int16
		name string
	}{{MuLaw, "mu-law"}, {ALaw, "A-law"}} {
		names := map[string]bool{}
		for _, w := range Waves(8000, Telephone(tt.law, 100, 0.03)) {
			if names[w.Name] {
				t.Errorf("%s twice", w.Name)
			}
			names[w.Name] = true
		}
		if !names[tt.name] || len(names) < 40 {
			t.Errorf("%d forms, want %s among them", len(names), tt.name)
		}
	}
}
