package data_test

import (
	"math"
	"testing"

	"github.com/primewindow/primewindow/data"
)

func TestFloat16(t *testing.T) {
	for _, tt := range []struct {
		bits   uint16
		want   float32
		reason string
	}{
		{0x0000, 0, "zero"},
		{0x3c00, 1, "exponent 15 stands for 0"},
		{0xc000, -2, "the sign is the first bit"},
		{0x3555, 0.333251953125, "ten bits of a third"},
		{0x7bff, 65504, "the largest"},
		{0x0400, 1.0 / 16384, "the smallest with a leading 1"},
		{0x03ff, 1023.0 / (1 << 24), "the largest without"},
		{0x8001, -1.0 / (1 << 24), "the smallest at all"},
		{0x7c00, float32(math.Inf(1)), "infinite"},
		{0xfc00, float32(math.Inf(-1)), "infinite"},
	} {
		if got := data.Float16(tt.bits); got != tt.want {
			t.Errorf("Float16(%#04x) = %v, want %v: %s", tt.bits, got, tt.want, tt.reason)
		}
	}
	if got := data.Float16(0x8000); got != 0 || !math.Signbit(float64(got)) {
		t.Errorf("Float16(0x8000) = %v, want -0", got)
	}
	if got := data.Float16(0x7e01); got == got {
		t.Errorf("Float16(0x7e01) = %v, want NaN", got)
	}
	// All finite ones in order: each is larger than the one before.
	for bits := uint16(1); bits < 0x7c00; bits++ {
		if data.Float16(bits) <= data.Float16(bits-1) {
			t.Fatalf("Float16(%#04x) = %v, want more than %v", bits, data.Float16(bits), data.Float16(bits-1))
		}
	}
}
