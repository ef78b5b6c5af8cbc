package cremad

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/audio"
	"github.com/primewindow/primewindow/data/video"
)

// usualRate is the owners' sample rate, in Hz.
const usualRate = 16000

// videoSide is the short side to which a video's frames are reduced unless frame_side says otherwise, in pixels.
const videoSide = 256

// ear makes spectrograms. It keeps the filter for the usual rate and what the frames share.
type ear struct {
	usual func() (*audio.Resampler, error)
	plan  func() (*audio.Plan, error)
	space *sync.Pool // of *[]float32: a recording at soundRate
}

func newEar() ear {
	return ear{
		sync.OnceValues(func() (*audio.Resampler, error) { return audio.NewResampler(usualRate, soundRate) }),
		sync.OnceValues(audio.STFT{Window: window, Hop: hop, Padding: audio.ConstantPadding}.Plan),
		&sync.Pool{New: func() any { x := make([]float32, 0, 4*soundRate); return &x }},
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
	space := e.space.Get().(*[]float32)
	defer e.space.Put(space)
	*space = filter.Append((*space)[:0], s.Samples[:min(len(s.Samples), 3*s.SampleRateHz+s.SampleRateHz/10+64)])
	n := min(len(*space), soundTime)
	x := slices.Grow(*space, soundTime-n)[:soundTime]
	audio.Repeat(x, n)
	audio.Clip(x)
	plan, err := e.plan()
	if err != nil {
		return nil, err
	}
	values, _, err := plan.Transform(x)
	return values, err
}

// videoFrames decodes as many frames a second as a sample has.
func (o options) videoFrames(ctx context.Context, path string) ([]video.Picture, error) {
	b, err := data.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cremad: %w", err)
	}
	times, err := readFLV(path, b)
	if err != nil {
		return nil, err
	}
	return video.Frames(ctx, path, video.Options{
		FPS: float64(o.frames), Times: times, MaxFrames: maxFrames, ShortSide: cmp.Or(o.frameSide, videoSide),
	})
}
