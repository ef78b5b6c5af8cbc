package cremad

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/audio"
	"github.com/primewindow/primewindow/data/video"
)

// usualRate is the owners' sample rate, in Hz.
const usualRate = 16000

// ear makes spectrograms. It keeps the filter for the usual rate and what the frames share.
type ear struct {
	usual func() (*audio.Resampler, error)
	plan  func() (*audio.Plan, error)
}

func newEar() ear {
	return ear{
		sync.OnceValues(func() (*audio.Resampler, error) { return audio.NewResampler(usualRate, soundRate) }),
		sync.OnceValues(audio.STFT{Window: window, Hop: hop, Padding: audio.ConstantPadding}.Plan),
	}
}

// spectrogram is the field's: see the package's rules.
func (e ear) spectrogram(s *audio.Sound) ([]float32, error) {
	filter, err := e.usual()
	if s.SampleRateHz != usualRate {
		filter, err = audio.NewResampler(s.SampleRateHz, soundRate)
	}
	if err != nil {
		return nil, err
	}
	// Behind three seconds, what the filter reaches is enough: a long recording takes no more than a short one.
	x := filter.Resample(s.Samples[:min(len(s.Samples), 3*s.SampleRateHz+s.SampleRateHz/10+64)])
	x = audio.Tile(x, soundTime)
	audio.Clip(x)
	plan, err := e.plan()
	if err != nil {
		return nil, err
	}
	values, _, err := plan.Transform(x)
	return values, err
}

// videoFrames decodes as many frames a second as a sample has; of a video that is shorter than one such frame, the first.
func (o options) videoFrames(ctx context.Context, path string) ([]video.Picture, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cremad: %w", err)
	}
	if err := checkFLV(path, b); err != nil {
		return nil, err
	}
	frames, err := video.Frames(ctx, path, video.Options{FPS: float64(o.frames), MaxFrames: maxFrames, ShortSide: o.frameSide})
	if _, broken := errors.AsType[*data.FormatError](err); broken {
		if first, err := video.Frames(ctx, path, video.Options{MaxFrames: 1, ShortSide: o.frameSide}); err == nil {
			return first, nil
		}
	}
	return frames, err
}

// reduce makes a picture's short side frame_side where it is longer.
func (o options) reduce(p video.Picture) video.Picture {
	if min(p.Height, p.Width) <= o.frameSide {
		return p
	}
	return video.ResizeShort(p, o.frameSide)
}

// dress makes a frame's values: cropped and mirrored by a draw, whole without one.
func (o options) dress(p video.Picture, draw *rand.Rand, to []float32) {
	if draw == nil {
		p = video.Resize(p, o.imageSide, o.imageSide)
	} else {
		p = video.RandomResizedCrop(p, o.imageSide, draw)
		if draw.IntN(2) == 1 {
			video.Flip(p)
		}
	}
	video.Normalize(p, to)
}
