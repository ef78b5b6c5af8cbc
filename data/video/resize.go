package video

import (
	"encoding/binary"
	"slices"
)

// Weights are 22-bit fractions, as Pillow's for bytes, and so are sums of weighted bytes, to which half a step is
// added.
const (
	tapBits = 22
	tapHalf = 1 << (tapBits - 1)
	tapPair = tapHalf | tapHalf<<32 // two sums in the halves of a word
	tapLow  = 0xff | 0xff<<32       // their bytes
)

// taps are the weights with which neighbouring pixels of a line make one of the result: triangles as wide as the larger
// of a pixel of the line and one of the result, cut off at the line's ends, summing to 1.
type taps struct {
	first   []int    // for each pixel of the result, the first pixel of the line that counts
	weights []uint64 // for each pixel of the result, n weights; behind the last that counts they are 0
	n       int
}

// newTaps makes the weights that bring a line of so many pixels to another length. A pixel's weights never begin so
// late that n of them leave the line, unless the line is shorter than n.
func newTaps(from, to int) taps {
	scale := float64(from) / float64(to)
	reach := max(scale, 1)
	slope := 1 / reach
	t := taps{first: make([]int, to), n: int(2*reach) + 2}
	t.weights = make([]uint64, to*t.n)
	w := make([]float64, t.n)
	most := 0
	for i := range to {
		centre := (float64(i) + 0.5) * scale
		first, last := max(0, int(centre-reach+0.5)), min(from, int(centre+reach+0.5))
		sum := 0.0
		for k := range last - first {
			d := (float64(first+k) - centre + 0.5) * slope
			w[k] = max(0, 1-max(d, -d))
			sum += w[k]
		}
		t.first[i] = first
		for k := range last - first {
			t.weights[i*t.n+k] = uint64(w[k]/sum*(1<<tapBits) + 0.5)
			if t.weights[i*t.n+k] > 0 {
				most = max(most, k+1)
			}
		}
	}
	return t.narrow(most)
}

// narrow cuts every pixel's weights to n.
func (t taps) narrow(n int) taps {
	for i := range t.first {
		copy(t.weights[i*n:(i+1)*n], t.weights[i*t.n:])
	}
	t.weights, t.n = t.weights[:len(t.first)*n], n
	return t
}

// of are the weights of one pixel of the result.
func (t taps) of(i int) []uint64 { return t.weights[i*t.n:][:t.n] }

// Resize brings a picture to another size by linear interpolation, over the area that a pixel stands for where it
// shrinks: as Pillow's BILINEAR and torchvision with antialias do: see the package's rules. Each side must be at least
// 1.
func Resize(p Picture, height, width int) Picture {
	return CropResize(p, Box{Height: p.Height, Width: p.Width}, height, width)
}

// CropResize resizes a part of a picture, which must lie within it, as if nothing were around it. The part is not
// copied first.
func CropResize(p Picture, part Box, height, width int) Picture {
	part.check(p)
	if height < 1 || width < 1 {
		panic(sizeError("CropResize", height, width))
	}
	out := Picture{height, width, make([]byte, 3*height*width)}
	var narrow []byte
	resize(out, p, part, &narrow)
	return out
}

// resize fills a picture with a part of another. narrow is space for what is between the passes.
func resize(out, p Picture, part Box, narrow *[]byte) {
	height, width := out.Height, out.Width
	stride, from := 3*p.Width, p.Pix[3*(part.Top*p.Width+part.Left):]
	if part.Width != width {
		to := out.Pix
		if part.Height != height {
			to = room(narrow, 3*part.Height*width)
		}
		across := newTaps(part.Width, width)
		for y := 0; y < part.Height; y += 2 {
			other := min(y+1, part.Height-1) // of an odd number the last row is done twice
			resizeRows(
				to[3*y*width:][:3*width], to[3*other*width:][:3*width], from[y*stride:], from[other*stride:], across,
			)
		}
		stride, from = 3*width, to
	}
	switch {
	case part.Height != height:
		down := newTaps(part.Height, height)
		for y := range height {
			mixRows(out.Pix[3*y*width:][:3*width], from[down.first[y]*stride:], stride, down.of(y))
		}
	case part.Width == width:
		for y := range height {
			copy(out.Pix[3*y*width:][:3*width], from[y*stride:])
		}
	}
}

// room makes space for n values, of which any may be left from before.
func room[T any](space *[]T, n int) []T {
	*space = slices.Grow((*space)[:0], n)[:n]
	return *space
}

// resizeRows makes two rows of the result of two of the picture, each of which begins its slice. A colour is summed for
// both in the halves of one word, which cannot overflow: weights sum to 2^22 but for rounding, and bytes are below 2^8.
func resizeRows(to1, to2, from1, from2 []byte, t taps) {
	n := t.n
	for x, first := range t.first {
		weights := t.weights[x*n:][:n]
		red, green, blue := uint64(tapPair), uint64(tapPair), uint64(tapPair)
		at1, at2 := from1[3*first:], from2[3*first:]
		// a fourth byte can be read with each pixel, and a pixel behind the row's end, which weighs 0
		if len(at2) > 3*n {
			for k, w := range weights {
				v := uint64(binary.LittleEndian.Uint32(at1[3*k:])) | uint64(binary.LittleEndian.Uint32(at2[3*k:]))<<32
				red += w * (v & tapLow)
				green += w * (v >> 8 & tapLow)
				blue += w * (v >> 16 & tapLow)
			}
		} else {
			for k, w := range weights[:min(n, len(at2)/3)] {
				red += w * (uint64(at1[3*k]) | uint64(at2[3*k])<<32)
				green += w * (uint64(at1[3*k+1]) | uint64(at2[3*k+1])<<32)
				blue += w * (uint64(at1[3*k+2]) | uint64(at2[3*k+2])<<32)
			}
		}
		p1, p2 := to1[3*x:3*x+3], to2[3*x:3*x+3]
		p1[0], p1[1], p1[2] = byte(red>>tapBits), byte(green>>tapBits), byte(blue>>tapBits)
		p2[0], p2[1], p2[2] = byte(red>>(32+tapBits)), byte(green>>(32+tapBits)), byte(blue>>(32+tapBits))
	}
}

// mixRows makes a row of the result of some of the picture, which lie stride apart. Eight bytes at a time are spread
// over four words of two sums each.
func mixRows(to, from []byte, stride int, weights []uint64) {
	weights = weights[:min(len(weights), (len(from)-len(to))/stride+1)] // behind the last row all are 0
	i := 0
	for ; i+8 <= len(to); i += 8 {
		s0, s1, s2, s3 := uint64(tapPair), uint64(tapPair), uint64(tapPair), uint64(tapPair)
		at := i
		for _, w := range weights {
			v := binary.LittleEndian.Uint64(from[at:])
			s0 += w * (v & tapLow)
			s1 += w * (v >> 8 & tapLow)
			s2 += w * (v >> 16 & tapLow)
			s3 += w * (v >> 24 & tapLow)
			at += stride
		}
		v := s0>>tapBits&tapLow | s1>>tapBits&tapLow<<8 | s2>>tapBits&tapLow<<16 | s3>>tapBits&tapLow<<24
		binary.LittleEndian.PutUint64(to[i:], v)
	}
	for ; i < len(to); i++ {
		sum := uint64(tapHalf)
		for k, w := range weights {
			sum += w * uint64(from[k*stride+i])
		}
		to[i] = byte(sum >> tapBits)
	}
}
