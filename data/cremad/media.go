package cremad

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
	"github.com/primewindow/primewindow/data/video"
)

// Sizes of the spectrogram, as in the field's code.
const (
	soundRate = 22050
	soundTime = 3 * soundRate // samples
	window    = 512
	hop       = 353
	bins      = window/2 + 1
	times     = soundTime/hop + 1
)

// maxFrames bounds what is decoded of a clip; the owners' longest lasts five seconds.
const maxFrames = 128

// modalities says how the two signals are read.
func (o options) modalities(l layout) []stream.Modality {
	hears := newEar()
	return []stream.Modality{
		{
			Modality: data.Modality{Name: sound, Kind: data.Spectrogram, Shape: []int{bins, times, 1}},
			Recipe:   fmt.Sprintf("cremad sound 1: %d Hz, tiled to %d, %d by %d", soundRate, soundTime, window, hop),
			Files:    func(i stream.Item) []string { return []string{l.sounds.entries[i.ID].path} },
			Decode: func(ctx context.Context, _ stream.Item, files []string) (stream.Feature, error) {
				return hears.decode(ctx, files[0])
			},
		},
		{
			Modality: data.Modality{Name: face, Kind: data.Clip, Shape: []int{o.frames, o.imageSide, o.imageSide, 3}},
			Recipe: fmt.Sprintf(
				"cremad frames 3: %d a second, short side at most %d, %s", o.frames, o.frameSide, o.keep,
			),
			Files: func(i stream.Item) []string { return l.faces.entries[i.ID].files() },
			Apart: func(i stream.Item) bool { return l.faces.entries[i.ID].frames != nil },
			Decode: func(ctx context.Context, i stream.Item, files []string) (stream.Feature, error) {
				return o.decodeFrames(ctx, files[0], l.faces.entries[i.ID].frames != nil)
			},
			Finish: o.finish,
			Verify: func(_ context.Context, i stream.Item) error {
				return video.VerifyFrames(l.faces.entries[i.ID].frames)
			},
		},
	}
}

// files are the files that an entry consists of.
func (e entry) files() []string {
	if e.frames == nil {
		return []string{e.path}
	}
	return e.frames
}

// decode makes the spectrogram of a recording.
func (e ear) decode(ctx context.Context, path string) (stream.Feature, error) {
	s, err := video.Recording(ctx, path, nil, 0)
	if err != nil {
		return stream.Feature{}, err
	}
	x, err := e.spectrogram(s)
	if err != nil {
		return stream.Feature{}, &data.FormatError{File: path, Reason: err.Error()}
	}
	return stream.Feature{Shape: []int{bins, times, 1}, Values: x}, nil
}

// decodeFrames makes a feature of a frame's file, or of a video: of all frames that a sample may consist of.
func (o options) decodeFrames(ctx context.Context, path string, frame bool) (stream.Feature, error) {
	var frames []video.Frame
	if frame {
		f, err := video.ReadFrame(path, o.keep, cmp.Or(o.frameSide, math.MaxInt))
		if err != nil {
			return stream.Feature{}, err
		}
		frames = []video.Frame{f}
	} else {
		list, err := o.videoFrames(ctx, path)
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
	return a.Dress(o.choose(a.Len(), draw), o.imageSide, draw, to)
}
