package violentflows

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/audio"
	"github.com/primewindow/primewindow/data/stream"
	"github.com/primewindow/primewindow/data/video"
)

// Sizes of the spectrogram, as in the field's code.
const (
	soundRate = 22050
	window    = 512
	hop       = 353
	bins      = window/2 + 1
)

// maxFrames bounds what is decoded of a clip; the owners' longest lasts less than seven seconds.
const maxFrames = 512

// leastSide is the smallest height and width of a frame that is read, in pixels.
const leastSide = 16

// samples is the length of the sound.
func (o options) samples() int { return int(o.seconds * soundRate) }

// times is the length of the spectrogram.
func (o options) times() int { return o.samples()/hop + 1 }

// modalities says how the two signals are read of the clips, by identity.
func (o options) modalities(clips map[string]clip) []stream.Modality {
	files := func(i stream.Item) []string { return []string{clips[i.ID].path} }
	return []stream.Modality{
		{
			Modality: data.Modality{
				Name: picture, Kind: data.Clip, Shape: []int{o.frames, o.imageSide, o.imageSide, 3},
			},
			Recipe: fmt.Sprintf("violentflows frames 1: %d a second, short side at most %d", o.fps, o.frameSide),
			Files:  files,
			Decode: func(ctx context.Context, _ stream.Item, files []string) (stream.Feature, error) {
				return o.decodeFrames(ctx, files[0])
			},
			Finish: o.finish,
		},
		{
			Modality: data.Modality{Name: sound, Kind: data.Spectrogram, Shape: []int{bins, o.times(), 1}},
			Recipe: fmt.Sprintf(
				"violentflows sound 1: %d Hz, tiled to %d, %d by %d", soundRate, o.samples(), window, hop,
			),
			Files: files,
			Decode: func(ctx context.Context, i stream.Item, _ []string) (stream.Feature, error) {
				return o.decodeSound(ctx, clips[i.ID])
			},
		},
	}
}

// decodeSound makes the spectrogram of a clip's sound, or of silence where the clip has none.
func (o options) decodeSound(ctx context.Context, c clip) (stream.Feature, error) {
	x := make([]float32, o.samples())
	if c.sound {
		s, err := video.Sound(ctx, c.path, soundRate)
		if errors.Is(err, video.ErrNoSound) {
			err = &data.FormatError{File: c.path, Reason: "no sound, but its headers have some"}
		}
		if err != nil {
			return stream.Feature{}, err
		}
		x = audio.Tile(s.Samples, o.samples())
	}
	for i, v := range x {
		x[i] = min(max(v, -1), 1)
	}
	values, rows, columns, err := audio.CentredLog(x, window, hop)
	if err != nil {
		return stream.Feature{}, &data.FormatError{File: c.path, Reason: err.Error()}
	}
	return stream.Feature{Shape: []int{rows, columns, 1}, Values: values}, nil
}

// decodeFrames makes a feature [T, H, W, 3] of all frames that a sample may consist of.
func (o options) decodeFrames(ctx context.Context, path string) (stream.Feature, error) {
	list, err := video.Frames(
		ctx, path, video.Options{FPS: float64(o.fps), MaxFrames: maxFrames, ShortSide: o.frameSide},
	)
	if err != nil {
		return stream.Feature{}, err
	}
	if len(list) == maxFrames {
		return stream.Feature{}, &data.UnsupportedError{
			File: path, Feature: fmt.Sprintf("%d frames or more at %d a second, want fewer", maxFrames, o.fps),
		}
	}
	height, width := list[0].Height, list[0].Width
	if min(height, width) < leastSide {
		return stream.Feature{}, &data.FormatError{
			File:   path,
			Reason: fmt.Sprintf("frames of %dx%d pixels, want at least %d a side", width, height, leastSide),
		}
	}
	return stream.Feature{Shape: []int{len(list), height, width, 3}, Bytes: video.Packed(list)}, nil
}

// finish makes a sample's frames of a feature.
func (o options) finish(f stream.Features, draw *rand.Rand, to []float32) error {
	a, err := video.Gather(f)
	if err != nil {
		return err
	}
	if !o.augment {
		draw = nil
	}
	return a.Dress(o.choose(a.Len(), draw), o.imageSide, draw, to)
}

// choose says which of n frames a sample consists of, in order of time: see the package's rules.
func (o options) choose(n int, draw *rand.Rand) []int {
	if o.chosen == chooseMiddle {
		draw = nil
	}
	return video.Segments(n, o.frames, draw)
}
