package datatest

import (
	"encoding/binary"
	"math"
	"slices"
)

// Wave says how a WAV file of one channel is written. Its zero value is RIFF of 16 bits with the right lengths.
type Wave struct {
	Codec      uint16 // 0: PCM
	Bits       int    // 0: 16
	Extensible bool
	Big        bool   // RIFX
	Large      string // "RF64" or "BW64": the sizes stand in a chunk of their own
	Before     string // chunks in front of the samples, and behind them
	Behind     string

	Riff func(right uint32) uint32 // what the lengths say, nil where they are right
	Data func(right uint32) uint32
}

// File is a file of these bytes of samples.
func (w Wave) File(rateHz int, samples []byte) []byte {
	bits, codec, name := max(w.Bits, 8), max(w.Codec, 1), "RIFF"
	if w.Bits == 0 {
		bits = 16
	}
	var order binary.AppendByteOrder = binary.LittleEndian
	if w.Big {
		order, name = binary.BigEndian, "RIFX"
	}
	format := order.AppendUint16(nil, codec)
	if w.Extensible {
		format = order.AppendUint16(nil, 0xfffe)
	}
	format = order.AppendUint16(format, 1)
	format = order.AppendUint32(format, uint32(rateHz))
	format = order.AppendUint32(format, uint32(rateHz*bits/8))
	format = order.AppendUint16(format, uint16(bits/8))
	format = order.AppendUint16(format, uint16(bits))
	if w.Extensible {
		format = order.AppendUint16(format, 22)
		format = order.AppendUint16(format, uint16(bits))
		format = order.AppendUint32(format, 4)
		format = order.AppendUint16(format, codec)
		format = append(format, "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"...)
	}
	chunk := func(id string, stated uint32, body []byte) []byte {
		return append(order.AppendUint32([]byte(id), stated), body...)
	}
	stated := uint32(len(samples))
	var sizes []byte
	if w.Large != "" {
		name, stated = w.Large, 0xffffffff
		sizes = order.AppendUint64(make([]byte, 8), uint64(len(samples))) // RIFF's own is not needed
		sizes = chunk("ds64", 28, append(sizes, make([]byte, 12)...))
	}
	if w.Data != nil {
		stated = w.Data(uint32(len(samples)))
	}
	rest := slices.Concat(
		[]byte("WAVE"), sizes, chunk("fmt ", uint32(len(format)), format), []byte(w.Before),
		chunk("data", stated, samples), []byte(w.Behind),
	)
	riff := uint32(len(rest))
	if w.Riff != nil {
		riff = w.Riff(riff)
	}
	return chunk(name, riff, rest)
}

// remarks are a list of remarks: 12 bytes of them, or 13 without padding.
const (
	remarks    = "LIST\x0c\x00\x00\x00INFOISFT\x00\x00\x00\x00"
	oddRemarks = "LIST\x0d\x00\x00\x00INFOISFT\x01\x00\x00\x00x"
)

// Waves are one recording in the forms in which programs write it, and in forms of which samples are missing. Where
// mu-law or A-law holds the samples exactly, as those of [Telephone], they are among them.
func Waves(rateHz int, samples []int16) []Odd {
	raw := func(order binary.AppendByteOrder) (b []byte) {
		for _, s := range samples {
			b = order.AppendUint16(b, uint16(s))
		}
		return b
	}
	little := raw(binary.LittleEndian)
	plain := Wave{}.File(rateHz, little)
	fixed := func(v uint32) func(uint32) uint32 { return func(uint32) uint32 { return v } }
	more := func(n int) func(uint32) uint32 { return func(right uint32) uint32 { return right + uint32(n) } }
	sized := func(riff, data func(uint32) uint32) []byte { return Wave{Riff: riff, Data: data}.File(rateHz, little) }
	all := fixed(0xffffffff)
	list := []Odd{
		{"plain", "", plain, "", "", false, plainTwin},
		{
			"extensible", "", Wave{Extensible: true}.File(rateHz, little), "", "", false,
			"the codec in a longer identifier",
		},
		{"big-endian", "", Wave{Big: true}.File(rateHz, raw(binary.BigEndian)), "", "", false, "RIFX"},
		{"RF64", "", Wave{Large: "RF64", Riff: all}.File(rateHz, little), "", "", false, "for files beyond 4 GiB"},
		{"BW64", "", Wave{Large: "BW64", Riff: all}.File(rateHz, little), "", "", false, "its successor"},
		{"W64", "", sony(rateHz, little), "", "", false, "Sony's"},
		{
			"streamed", "", Wave{Before: remarks, Riff: all, Data: all}.File(rateHz, little), "", "", false,
			"as ffmpeg writes it into a pipe",
		},
		{
			"streamed by SoX", "", sized(fixed(0x7ffff024), fixed(0x7ffff000)), "", "", false,
			"as much as it thinks that a header may say",
		},
		{"streamed by arecord", "", sized(fixed(0x80000024), fixed(0x80000000)), "", "", false, "likewise"},
		{"streamed, right RIFF", "", sized(nil, all), "", "", false, "one of the lengths was brought up to date"},
		{
			"streamed, remarks behind", "", Wave{Behind: remarks, Riff: all, Data: all}.File(rateHz, little), "", "",
			false, "remarks are no sound",
		},
		{"lengths of 0", "", sized(fixed(0), fixed(0)), "", "", false, "a recorder that was switched off"},
		{"never closed", "", sized(fixed(8), fixed(0)), "", "", false, "likewise"},
		{"data of 0", "", sized(nil, fixed(0)), "", "", false, "likewise"},
		{"RIFF of 0", "", sized(fixed(0), nil), "", "", false, "one of the lengths is right"},
		{"RIFF the file's size", "", sized(more(8), nil), "", "", false, "a frequent fault of home-made writers"},
		{"RIFF too long", "", sized(more(1000), nil), "", "", false, "chunks behind may be missing, samples are not"},
		{"RIFF too short", "", sized(more(-7), nil), "", "", false, "likewise"},
		{"one byte over", "", sized(nil, more(1)), "", "", false, "no sample is missing"},
		{"data the file's size", "", sized(nil, more(44)), "", "", false, "a frequent fault of home-made writers"},
		{
			"remarks before", "", Wave{Before: oddRemarks + "\x00"}.File(rateHz, little), "", "", false,
			"with their padding",
		},
		{
			"remarks before without padding", "", Wave{Before: oddRemarks}.File(rateHz, little), "", "", false,
			"with none",
		},
		{"remarks behind", "", Wave{Behind: remarks}.File(rateHz, little), "", "", false, "they are no sound"},
		{
			"remarks behind, cut", "", Wave{Behind: remarks[:15]}.File(rateHz, little), "", "", false,
			"they are not needed",
		},
		{"bytes behind", "", append(slices.Clip(plain), "bytes behind"...), "", "", false, "as some tools leave them"},

		{"nothing", "", nil, "empty", "", false, "a copy that never began"},
		{"half a header", "", plain[:20], "truncated", "", false, "cut off"},
		{"half", "", plain[:44+len(little)/4*2], "truncated", "", false, "cut off"},
		{"a sample less", "", plain[:len(plain)-2], "truncated", "", false, "cut off"},
		{"half a sample less", "", plain[:len(plain)-1], "truncated", "", false, "cut off"},
		{
			"samples left out", "", sized(more(len(little)), more(len(little))), "truncated", "", false,
			"the header promises twice as many",
		},
		{
			"half of RF64", "", Wave{Large: "RF64", Riff: all}.File(rateHz, little)[:80+len(little)/4*2], "truncated",
			"", false, "cut off",
		},
		{"half of W64", "", sony(rateHz, little)[:128+len(little)/4*2], "truncated", "", false, "cut off"},
		{"no samples", "", Wave{Behind: remarks}.File(rateHz, nil), "no samples", "", false, "nothing was recorded"},
		{
			"no format", "", append(slices.Clip(plain[:12]), plain[36:]...), "no format", "", false,
			"what are these bytes",
		},
		{
			"another form", "", append([]byte("RIFF\x00\x00\x00\x00RMID"), plain[12:]...), "RMID", "", false,
			"RIFF holds MIDI, videos and pictures too",
		},
	}
	return append(list, codecs(rateHz, samples)...)
}

// codecs are the recording in other widths and codecs.
func codecs(rateHz int, samples []int16) []Odd {
	var wide, words, singles, doubles []byte
	laws := map[uint16][]byte{}
	for _, s := range samples {
		wide = append(wide, 0, byte(s), byte(s>>8))
		words = binary.LittleEndian.AppendUint32(words, uint32(s)<<16)
		singles = binary.LittleEndian.AppendUint32(singles, math.Float32bits(float32(s)/(1<<15)))
		doubles = binary.LittleEndian.AppendUint64(doubles, math.Float64bits(float64(s)/(1<<15)))
		for codec, law := range map[uint16]func(byte) int16{6: ALaw, 7: MuLaw} {
			for b := range 256 {
				if law(byte(b)) == s {
					laws[codec] = append(laws[codec], byte(b))
					break
				}
			}
		}
	}
	odd := func(b []byte, v float64) []byte {
		b = slices.Clone(b)
		binary.LittleEndian.PutUint32(b[len(b)-4:], math.Float32bits(float32(v)))
		return Wave{Codec: 3, Bits: 32}.File(rateHz, b)
	}
	beyond := slices.Clone(doubles)
	binary.LittleEndian.PutUint64(beyond, math.Float64bits(1e300))
	list := []Odd{
		{"24 bits", "", Wave{Bits: 24}.File(rateHz, wide), "", "", false, "of studios"},
		{"32 bits", "", Wave{Bits: 32}.File(rateHz, words), "", "", false, "likewise"},
		{"float", "", Wave{Codec: 3, Bits: 32}.File(rateHz, singles), "", "", false, "as SciPy saves float32"},
		{"64-bit float", "", Wave{Codec: 3, Bits: 64}.File(rateHz, doubles), "", "", false, "as SciPy saves float64"},
		{
			"float, not a number", "", odd(singles, math.NaN()), "is NaN, want a finite number", "", false,
			"a division by 0",
		},
		{
			"float, infinite", "", odd(singles, math.Inf(-1)), "is -Inf, want a finite number", "", false,
			"a logarithm of 0",
		},
		{
			"float, beyond float32", "", Wave{Codec: 3, Bits: 64}.File(rateHz, beyond),
			"want a number that float32 can hold", "", false, "must not become infinite",
		},
	}
	for codec, name := range map[uint16]string{6: "A-law", 7: "mu-law"} {
		if b := laws[codec]; len(b) == len(samples) {
			all := func(uint32) uint32 { return 0xffffffff }
			list = append(list,
				Odd{name, "", Wave{Codec: codec, Bits: 8}.File(rateHz, b), "", "", true, "of telephones"},
				Odd{
					name + ", streamed", "", Wave{Codec: codec, Bits: 8, Riff: all, Data: all}.File(rateHz, b), "", "",
					true, "into a pipe",
				},
				Odd{
					name + ", half", "", Wave{Codec: codec, Bits: 8}.File(rateHz, b)[:44+len(b)/2], "truncated", "",
					false, "ffmpeg would not tell",
				})
		}
	}
	return list
}

// sony is a file of Sony's W64, of one channel with 16 bits.
func sony(rateHz int, samples []byte) []byte {
	const rest = "\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
	le := binary.LittleEndian
	chunk := func(id string, body []byte) []byte {
		b := append(le.AppendUint64([]byte(id), uint64(24+len(body))), body...)
		return append(b, make([]byte, -len(b)&7)...)
	}
	format := Wave{}.File(rateHz, nil)[20:36]
	body := slices.Concat([]byte("wave"+rest), chunk("fmt "+rest, format), chunk("data"+rest, samples))
	return append(
		le.AppendUint64([]byte("riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"), uint64(24+len(body))), body...,
	)
}

// MuLaw is the sample that a byte stands for in ITU-T G.711's mu-law.
func MuLaw(b byte) int16 {
	b = ^b
	v := (int16(b&15)<<3+132)<<(b>>4&7) - 132
	if b&0x80 != 0 {
		return -v
	}
	return v
}

// ALaw is the sample that a byte stands for in ITU-T G.711's A-law.
func ALaw(b byte) int16 {
	b ^= 0x55
	v, exponent := int16(b&15)<<4+8, b>>4&7
	if exponent > 0 {
		v = (v + 256) << (exponent - 1)
	}
	if b&0x80 == 0 {
		return -v
	}
	return v
}

// Telephone is n samples of [Tone] as a telephone hears them: each the nearest that a law holds.
func Telephone(law func(byte) int16, n int, frequency float64) []int16 {
	x := Tone(n, frequency)
	for i, s := range x {
		best := law(0)
		for b := range 256 {
			if v := law(byte(b)); math.Abs(float64(v)-float64(s)) < math.Abs(float64(best)-float64(s)) {
				best = v
			}
		}
		x[i] = best
	}
	return x
}
