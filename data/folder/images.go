package folder

import (
	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/video"
)

// loadImages reads images. A first pass over their headers finds the common size and whether all are grey.
func (l *loader) loadImages(files []string) (column, []fault) {
	c := column{bytes: make([][]byte, len(files))}
	headers := make([]video.Header, len(files))
	good := make([]string, len(files))
	faults := l.each(files, func(i int, b []byte, name string) error {
		h, err := video.DecodeHeader(name, b)
		if err == nil {
			headers[i], good[i] = h, files[i]
		}
		return err
	})
	height, width, channels := 0, 0, 1
	for i, h := range headers {
		if good[i] == "" {
			continue
		}
		height, width = max(height, h.Height), max(width, h.Width)
		if !h.Grey {
			channels = 3
		}
	}
	height, width = min(height, l.o.imageSide), min(width, l.o.imageSide)
	if height == 0 {
		return column{}, faults
	}
	more := l.each(good, func(i int, b []byte, name string) error {
		p, err := video.DecodePicture(name, b)
		if err == nil {
			c.bytes[i] = areas(p, height, width, channels)
		}
		return err
	})
	c.mod = data.Modality{Kind: data.Image, Shape: []int{height, width, channels}}
	return c, append(faults, more...)
}

// areas brings a picture to another size as bytes of shape [height, width, channels]: each is the mean over the area
// that it stands for, rounded. Of a grey picture one channel is enough.
func areas(p video.Picture, height, width, channels int) []byte {
	out := make([]byte, height*width*channels)
	for y := range height {
		top, bottom := y*p.Height/height, ((y+1)*p.Height+height-1)/height
		for x := range width {
			left, right := x*p.Width/width, ((x+1)*p.Width+width-1)/width
			area := (bottom - top) * (right - left)
			for k := range channels {
				sum := area / 2
				for v := top; v < bottom; v++ {
					for u := left; u < right; u++ {
						sum += int(p.Pix[3*(v*p.Width+u)+k])
					}
				}
				out[(y*width+x)*channels+k] = byte(sum / area)
			}
		}
	}
	return out
}
