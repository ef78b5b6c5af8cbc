package data

import "math"

// Float16 is the number that two bytes of half precision stand for; float32 holds each of them exactly. GoMLX has the
// same, which nothing here may import.
func Float16(b uint16) float32 {
	sign, exponent, fraction := uint32(b&0x8000)<<16, uint32(b>>10&31), uint32(b&0x3ff)
	switch exponent {
	case 0: // zero, or too small for a leading 1
		v := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 31:
		exponent = 255 - 112 // infinite or not a number
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}
