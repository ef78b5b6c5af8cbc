package folder

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/jpeg" // one of the two formats that are read
	_ "image/png"  // the other
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/audio"
	"github.com/primewindow/primewindow/data/video"
	"github.com/primewindow/primewindow/internal/npy"
)

// loadSounds reads recordings. Most files' sample rate is the set's; another one is a fault.
func (l *loader) loadSounds(files []string) (column, []fault) {
	c := column{values: make([][]float32, len(files)), features: 1}
	rates := make([]string, len(files))
	faults := l.each(files, func(i int, b []byte, name string) error {
		sound, err := video.Recording(context.Background(), name, b, l.o.rate)
		if err != nil {
			return err
		}
		rates[i] = fmt.Sprint(sound.SampleRateHz)
		c.values[i], err = audio.Spectrogram(sound.Samples, l.o.stft)
		return err
	})
	want, bins, frames := commonest(rates), l.o.stft.Bins, l.o.stft.Frames
	for i, rate := range rates {
		if rate != "" && rate != want {
			c.values[i] = nil
			faults = append(faults, fault{l.rows[i].place, &data.UnsupportedError{File: l.full(files[i]), Feature: fmt.Sprintf("sample rate %s Hz, want %s Hz as most recordings have", rate, want)}})
		}
	}
	c.mod = data.Modality{Kind: data.Spectrogram, Shape: []int{bins, frames, 1}}
	return c, faults
}

// maxPixels bounds an image, before anything is decoded.
const maxPixels = 1 << 26

// loadImages reads images. A first pass over their headers finds the common size and whether all are grey.
func (l *loader) loadImages(files []string) (column, []fault) {
	c := column{bytes: make([][]byte, len(files))}
	configs := make([]image.Config, len(files))
	good := make([]string, len(files))
	faults := l.each(files, func(i int, b []byte, name string) error {
		config, err := decodeConfig(name, b)
		if err == nil {
			configs[i], good[i] = config, files[i]
		}
		return err
	})
	height, width, channels := 0, 0, 1
	for i, config := range configs {
		if good[i] == "" {
			continue
		}
		height, width = max(height, config.Height), max(width, config.Width)
		if config.ColorModel != color.GrayModel && config.ColorModel != color.Gray16Model {
			channels = 3
		}
	}
	height, width = min(height, l.o.imageSide), min(width, l.o.imageSide)
	if height == 0 {
		return column{}, faults
	}
	more := l.each(good, func(i int, b []byte, name string) (err error) {
		c.bytes[i], err = decodeImage(name, b, height, width, channels)
		return err
	})
	c.mod = data.Modality{Kind: data.Image, Shape: []int{height, width, channels}}
	return c, append(faults, more...)
}

// decodeConfig reads an image's header; name is the file's, for errors.
func decodeConfig(name string, b []byte) (image.Config, error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(b))
	switch {
	case err != nil:
		return config, &data.FormatError{File: name, Reason: fmt.Sprintf("%d bytes: %v", len(b), err)}
	case config.Width < 1 || config.Height < 1:
		return config, &data.FormatError{File: name, Reason: fmt.Sprintf("%dx%d pixels, want at least one", config.Width, config.Height)}
	case config.Width > maxPixels/config.Height:
		return config, &data.UnsupportedError{File: name, Feature: fmt.Sprintf("%dx%d pixels, want at most %d", config.Width, config.Height, maxPixels)}
	}
	return config, nil
}

// decodeImage decodes an image whose header was read, as bytes of shape [height, width, channels]; each is the mean
// over the area that it stands for, rounded.
func decodeImage(name string, b []byte, height, width, channels int) ([]byte, error) {
	img, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, &data.FormatError{File: name, Reason: err.Error()}
	}
	r := img.Bounds()
	flat := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	draw.Draw(flat, flat.Rect, img, r.Min, draw.Src)
	out := make([]byte, height*width*channels)
	for y := range height {
		top, bottom := y*r.Dy()/height, ((y+1)*r.Dy()+height-1)/height
		for x := range width {
			left, right := x*r.Dx()/width, ((x+1)*r.Dx()+width-1)/width
			area := (bottom - top) * (right - left)
			for k := range channels {
				sum := area / 2
				for v := top; v < bottom; v++ {
					for u := left; u < right; u++ {
						sum += int(flat.Pix[v*flat.Stride+4*u+k])
					}
				}
				out[(y*width+x)*channels+k] = byte(sum / area)
			}
		}
	}
	return out, nil
}

// loadArrays reads an array for each sample. All have as many axes, and as long ones, as most; only the first axis of
// a sequence may differ.
func (l *loader) loadArrays(files []string) (column, []fault) {
	arrays, shapes := make([]npy.Array, len(files)), make([]string, len(files))
	faults := l.each(files, func(i int, b []byte, name string) error {
		a, err := npy.Decode(name, b)
		switch {
		case err != nil:
			return err
		case a.Size() == 0:
			return &data.FormatError{File: name, Reason: fmt.Sprintf("an array of shape %v, which holds no value", a.Shape)}
		case len(a.Shape) == 0: // one number by itself
			a.Shape = []int{1}
		}
		arrays[i], shapes[i] = a, signature(a.Shape)
		return nil
	})
	want := commonest(shapes)
	for i, s := range shapes {
		if s != "" && s != want {
			shapes[i], arrays[i] = "", npy.Array{}
			faults = append(faults, fault{l.rows[i].place, &data.FormatError{File: l.full(files[i]), Reason: fmt.Sprintf("an array of shape [%s], want [%s] as most have", s, want)}})
		}
	}
	c, err := l.arrange(arrays)
	if err != nil {
		faults = append(faults, fault{wholeSet, err})
	}
	return c, faults
}

// signature is what must be the same of all samples' arrays: the shape, but of a sequence any number of times.
func signature(shape []int) string {
	if len(shape) == 2 {
		return fmt.Sprintf("T %d", shape[1])
	}
	return strings.Trim(fmt.Sprint(shape), "[]")
}

// arrange makes a modality of arrays with one signature; those without a shape are broken samples.
func (l *loader) arrange(arrays []npy.Array) (column, error) {
	var shape []int
	same := true
	for _, a := range arrays {
		if a.Shape != nil && shape == nil {
			shape = a.Shape
		}
		same = same && (a.Shape == nil || a.Shape[0] == shape[0])
	}
	if shape == nil {
		return column{}, nil
	}
	if len(shape) < 1 || len(shape) > 4 {
		return column{}, &data.UnsupportedError{File: l.dir, Feature: fmt.Sprintf("samples of shape %v, want 1 to 4 axes", shape)}
	}
	c := column{mod: data.Modality{Kind: []data.Kind{data.Vector, data.Sequence, data.Image, data.Clip}[len(shape)-1]}, features: shape[len(shape)-1]}
	resample := len(shape) == 2 && !same
	if resample {
		shape = []int{l.o.steps, shape[1]}
	}
	c.mod.Shape = shape
	whole := len(shape) > 2 // pixels
	for _, a := range arrays {
		whole = whole && (a.Shape == nil || a.Bytes != nil)
	}
	if whole {
		c.features, c.bytes = 0, make([][]byte, len(arrays))
	} else {
		c.values = make([][]float32, len(arrays))
	}
	for i, a := range arrays {
		switch {
		case a.Shape == nil:
		case whole:
			c.bytes[i] = a.Bytes
		case resample:
			c.values[i] = data.Resample(a.Floats(), shape[1], l.o.steps)
		default:
			c.values[i] = a.Floats()
		}
	}
	return c, nil
}
