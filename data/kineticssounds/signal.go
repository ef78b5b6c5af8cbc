package kineticssounds

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/video"
)

// videoFrames decodes a frame a second; of a video that is shorter than half of one, the first.
func (o options) videoFrames(ctx context.Context, path string) ([]video.Picture, error) {
	frames, err := video.Frames(ctx, path, video.Options{FPS: 1, MaxFrames: maxFrames, ShortSide: o.frameSide})
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
