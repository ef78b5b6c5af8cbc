package video

import "image"

// fromYCbCr converts a JPEG's planes as libjpeg does: colour that is stored at half the width, or half of both sides,
// is interpolated linearly between its samples, weighted 3 to 1 by distance; other ratios, and rows of at most two
// samples, repeat them.
func (p Picture) fromYCbCr(img *image.YCbCr) {
	if !interpolated(img) {
		p.repeatYCbCr(img)
		return
	}
	p.spreadYCbCr(img, Box{Height: p.Height, Width: p.Width}, new(workshop))
}

// interpolated reports whether libjpeg interpolates between the planes' samples.
func interpolated(img *image.YCbCr) bool {
	halfWidth := img.SubsampleRatio == image.YCbCrSubsampleRatio422 ||
		img.SubsampleRatio == image.YCbCrSubsampleRatio420
	return halfWidth && img.Rect.Min == (image.Point{}) && img.Rect.Dx() > 4
}

// cut converts a part of the planes, which p is as large as: the same pixels as of the whole.
func cut(p Picture, img *image.YCbCr, part Box, w *workshop) {
	if interpolated(img) {
		p.spreadYCbCr(img, part, w)
		return
	}
	all := FromImage(img)
	part.check(all)
	for y := range part.Height {
		copy(p.row(y), all.row(part.Top + y)[3*part.Left:])
	}
}

// spreadYCbCr converts a part of planes that are interpolated.
func (p Picture) spreadYCbCr(img *image.YCbCr, part Box, w *workshop) {
	whole := Box{Height: img.Rect.Dy(), Width: img.Rect.Dx()}
	// One sample more at either side, where there is one, has no neighbour of its own, but is not seen.
	first, last := max(part.Left/2-1, 0), min((part.Left+part.Width-1)/2+1, (whole.Width+1)/2-1)
	n, skip := last-first+1, part.Left-2*first
	// of each colour a row of samples, times 4 between two rows of them, and one that is spread
	sums, colour := room(&w.sums, 2*n), room(&w.colour, 4*n)
	b, c := colour[:2*n], colour[2*n:]
	for y := range part.Height {
		from := part.Top + y
		if img.SubsampleRatio == image.YCbCrSubsampleRatio422 {
			at := img.COffset(2*first, from)
			spread(b, img.Cb[at:at+n])
			spread(c, img.Cr[at:at+n])
		} else {
			// The nearer row counts three times; at the border it is its own neighbour.
			near := from / 2
			far := min(max(near-1+from%2*2, 0), (whole.Height+1)/2-1)
			at, other := near*img.CStride+first, far*img.CStride+first
			blend(sums[:n], img.Cb[at:at+n], img.Cb[other:other+n])
			blend(sums[n:], img.Cr[at:at+n], img.Cr[other:other+n])
			spreadSums(b, sums[:n])
			spreadSums(c, sums[n:])
		}
		at := img.YOffset(part.Left, from)
		convertRow(p.row(y), img.Y[at:at+part.Width], b[skip:], c[skip:])
	}
}

// blend adds three times a row to another.
func blend(to []int32, near, far []byte) {
	far, to = far[:len(near)], to[:len(near)]
	for i, v := range near {
		to[i] = 3*int32(v) + int32(far[i])
	}
}

// spread doubles a row of at least two samples; rounding alternates between down and up.
func spread(to, from []byte) {
	n := len(from)
	to = to[:2*n]
	to[0], to[2*n-1] = from[0], from[n-1]
	for i := 1; i < n; i++ {
		a, b := int32(from[i-1]), int32(from[i])
		to[2*i-1] = byte((3*a + b + 2) >> 2)
		to[2*i] = byte((3*b + a + 1) >> 2)
	}
}

// spreadSums doubles a row of at least two sums of four, which weigh 16 with their neighbours.
func spreadSums(to []byte, from []int32) {
	n := len(from)
	to = to[:2*n]
	to[0], to[2*n-1] = byte((4*from[0]+8)>>4), byte((4*from[n-1]+7)>>4)
	a := from[0]
	for i, b := range from[1:] {
		pair := to[2*i+1 : 2*i+3]
		pair[0] = byte((3*a + b + 7) >> 4)
		pair[1] = byte((3*b + a + 8) >> 4)
		a = b
	}
}

// convertRow turns brightness and colour differences into red, green and blue (ITU-R BT.601, full range), in 16-bit
// fractions and each sum rounded once.
func convertRow(to, y, b, c []byte) {
	const (
		half = 1 << 15
		rc   = 91881  // 1.402
		gb   = 22554  // 0.344136
		gc   = 46802  // 0.714136
		bb   = 116130 // 1.772
	)
	b, c = b[:len(y)], c[:len(y)]
	for i, v := range y {
		light, db, dc := int32(v), int32(b[i])-128, int32(c[i])-128
		red := light + (rc*dc+half)>>16
		green := light + (half-gb*db-gc*dc)>>16
		blue := light + (bb*db+half)>>16
		pixel := to[3*i : 3*i+3]
		if uint32(red|green|blue) > 255 {
			red, green, blue = min(max(red, 0), 255), min(max(green, 0), 255), min(max(blue, 0), 255)
		}
		pixel[0], pixel[1], pixel[2] = byte(red), byte(green), byte(blue)
	}
}

// repeatYCbCr converts any planes, each sample of colour standing for all pixels that share it.
func (p Picture) repeatYCbCr(img *image.YCbCr) {
	r := img.Bounds()
	b, c := make([]byte, p.Width), make([]byte, p.Width)
	for y := range p.Height {
		for x := range p.Width {
			at := img.COffset(r.Min.X+x, r.Min.Y+y)
			b[x], c[x] = img.Cb[at], img.Cr[at]
		}
		at := img.YOffset(r.Min.X, r.Min.Y+y)
		convertRow(p.row(y), img.Y[at:at+p.Width], b, c)
	}
}
