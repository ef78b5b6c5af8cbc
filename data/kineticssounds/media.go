package kineticssounds

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/audio"
	"github.com/primewindow/primewindow/data/stream"
	"github.com/primewindow/primewindow/data/video"
	"github.com/primewindow/primewindow/internal/npy"
)

// Sizes of the filter bank, as in the field's code.
const (
	bins      = 128
	times     = 1024
	usualRate = 16000 // Hz, to which the field brings the videos' sound
)

// modalities says how the two signals are read.
func (o options) modalities(sources map[string]source) []stream.Modality {
	hears := newEar()
	return []stream.Modality{
		{
			Modality: data.Modality{Name: sound, Kind: data.Spectrogram, Shape: []int{bins, times, 1}},
			Recipe:   fmt.Sprintf("kineticssounds sound 1: %d mels, %d frames, %d Hz", bins, times, usualRate),
			Files:    func(i stream.Item) []string { return []string{sources[i.ID].sound} },
			Decode: func(ctx context.Context, i stream.Item, _ []string) (stream.Feature, error) {
				return hears.decode(ctx, sources[i.ID])
			},
		},
		{
			Modality: data.Modality{
				Name: picture, Kind: data.Clip, Shape: []int{o.frames, o.imageSide, o.imageSide, 3},
			},
			Recipe: fmt.Sprintf("kineticssounds frames 3: short side at most %d, %s", o.frameSide, o.keep),
			Files:  func(i stream.Item) []string { return sources[i.ID].frames },
			Apart:  func(i stream.Item) bool { return sources[i.ID].frameKind != movie },
			Decode: func(ctx context.Context, i stream.Item, files []string) (stream.Feature, error) {
				return o.decodeFrames(ctx, files[0], sources[i.ID].frameKind != movie)
			},
			Finish: o.finish,
			Verify: func(_ context.Context, i stream.Item) error {
				if s := sources[i.ID]; s.frameKind != movie {
					return video.VerifyFrames(s.frames)
				}
				return nil
			},
		},
	}
}

// ear makes filter banks' values. It keeps the bank for the usual rate.
type ear struct {
	usual func() (*audio.KaldiBank, error)
}

func newEar() ear {
	return ear{sync.OnceValues(func() (*audio.KaldiBank, error) { return bank(usualRate) })}
}

func bank(rate int) (*audio.KaldiBank, error) {
	return audio.Kaldi{
		SampleRateHz: rate, Bins: bins, Frames: times, Shift: audio.AudioSet.Shift, Scale: audio.AudioSet.Scale,
	}.Bank()
}

// decode makes the values of a clip's sound, or reads those that were made before.
func (e ear) decode(ctx context.Context, s source) (stream.Feature, error) {
	var heard *audio.Sound
	var err error
	switch s.soundKind {
	case spectrum:
		return readSpectrum(s.sound)
	case recording:
		heard, err = video.Recording(ctx, s.sound, nil, usualRate)
	default:
		heard, err = video.Sound(ctx, s.sound, usualRate)
	}
	if err != nil {
		return stream.Feature{}, err
	}
	b, err := e.usual()
	if heard.SampleRateHz != usualRate {
		b, err = bank(heard.SampleRateHz)
	}
	var x []float32
	if err == nil {
		x, _, err = b.Transform(heard.Samples)
	}
	if err != nil {
		return stream.Feature{}, &data.FormatError{File: s.sound, Reason: err.Error()}
	}
	return stream.Feature{Shape: []int{bins, times, 1}, Values: x}, nil
}

// readSpectrum reads an array of shape [1024, 128], time first, as the field's code writes it.
func readSpectrum(path string) (stream.Feature, error) {
	b, err := data.ReadFile(path)
	if err != nil {
		return stream.Feature{}, fmt.Errorf("kineticssounds: %w", err)
	}
	a, err := npy.Decode(path, b)
	if err != nil {
		return stream.Feature{}, err
	}
	if !slices.Equal(a.Shape, []int{times, bins}) {
		return stream.Feature{}, &data.FormatError{
			File:   path,
			Reason: fmt.Sprintf("an array of shape %v, want numbers of shape [%d %d]", a.Shape, times, bins),
		}
	}
	x, values := make([]float32, bins*times), a.Floats()
	for t := range times {
		for m := range bins {
			x[m*times+t] = values[t*bins+m]
		}
	}
	return stream.Feature{Shape: []int{bins, times, 1}, Values: x}, nil
}

// decodeFrames makes a feature of a frame's file, or of a video: of all frames that a sample may consist of, one a
// second.
func (o options) decodeFrames(ctx context.Context, path string, frame bool) (stream.Feature, error) {
	var frames []video.Frame
	if frame {
		f, err := video.ReadFrame(path, o.keep, o.frameSide)
		if err != nil {
			return stream.Feature{}, err
		}
		frames = []video.Frame{f}
	} else {
		list, err := video.Frames(ctx, path, video.Options{FPS: 1, MaxFrames: maxFrames, ShortSide: o.frameSide})
		if err != nil {
			return stream.Feature{}, err
		}
		frames = video.AsFrames(list)
	}
	shape, b, err := video.Pack(path, o.keep, frames)
	return stream.Feature{Shape: shape, Bytes: b}, err
}

// finish makes a sample's frames of its features.
func (o options) finish(f stream.Features, draw *rand.Rand, to []float32) error {
	a, err := video.Gather(f)
	if err != nil {
		return err
	}
	if !o.augment {
		draw = nil
	}
	return a.Dress(video.Segments(a.Len(), o.frames, draw), o.imageSide, draw, to)
}
