package folder

import (
	"context"
	"fmt"
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
			faults = append(
				faults,
				fault{
					l.rows[i].place,
					&data.UnsupportedError{
						File:    l.full(files[i]),
						Feature: fmt.Sprintf("sample rate %s Hz, want %s Hz as most recordings have", rate, want),
					},
				},
			)
		}
	}
	c.mod = data.Modality{Kind: data.Spectrogram, Shape: []int{bins, frames, 1}}
	return c, faults
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
			return &data.FormatError{
				File: name, Reason: fmt.Sprintf("an array of shape %v, which holds no value", a.Shape),
			}
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
			faults = append(
				faults,
				fault{
					l.rows[i].place,
					&data.FormatError{
						File:   l.full(files[i]),
						Reason: fmt.Sprintf("an array of shape [%s], want [%s] as most have", s, want),
					},
				},
			)
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
		return column{}, &data.UnsupportedError{
			File: l.dir, Feature: fmt.Sprintf("samples of shape %v, want 1 to 4 axes", shape),
		}
	}
	c := column{
		mod:      data.Modality{Kind: []data.Kind{data.Vector, data.Sequence, data.Image, data.Clip}[len(shape)-1]},
		features: shape[len(shape)-1],
	}
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
