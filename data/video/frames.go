package video

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/data"
)

// Options says which frames of a video are wanted, and how large. At most one of FPS, Evenly and Segments is set;
// without, every frame is wanted.
type Options struct {
	// FPS asks for so many frames a second: frame i is what is on show at i/FPS seconds, to 2 milliseconds, until the
	// video ends, and at least one. Where it exceeds the video's own rate, frames stand more than once.
	FPS float64
	// Evenly asks for so many frames from the first to the last, the same number of frames apart but for rounding; one
	// is the middle one.
	Evenly int
	// Segments asks for the middle frame of each of so many equal parts: see [Middles].
	Segments int

	// Times are those of all frames, in seconds from the first, for a caller who knows them from the container: the
	// file is not decoded once before to find them, unless it turns out to have other frames.
	Times []float64

	MaxFrames int // take no more than the first so many; 0: as many as there are
	Least     int // fewer are an error
	// ShortSide reduces frames whose shorter side is longer than it, in proportion, before they leave ffmpeg; 0 keeps
	// them as they are. It is the fastest way, but not equal to [Resize]: ffmpeg reduces brightness and colour apart.
	ShortSide int
}

// Frames decodes frames of a video with the default [Decoder]. See [Decoder.Frames].
func Frames(ctx context.Context, path string, o Options) ([]Picture, error) {
	return Decoder{}.Frames(ctx, path, o)
}

// Frames decodes frames of the first video stream, in order of time and all of one size. They lie side by side in one
// slice of shape [T, H, W, 3], so that the first one's Pix can be extended over all: see [Packed]. Pixels that are not
// square are not corrected; a rotation in the header is followed.
//
// It returns [ErrNoVideo] for a file without video, and a [data.FormatError] for a video of which fewer frames can be
// decoded than asked for, which ends early ([Decoder.AcceptShort]), exceeds a bound or changes its size.
func (d Decoder) Frames(ctx context.Context, path string, o Options) ([]Picture, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	if len(o.Times) > 0 {
		if chosen, err := o.choose(o.Times, ending(o.Times, 0)); err == nil {
			list, err := d.decode(ctx, path, o, chosen)
			if _, other := errors.AsType[*data.FormatError](err); !other {
				return list, err
			}
		}
	}
	info, times, err := d.probe(ctx, path, "V")
	switch {
	case err != nil:
		return nil, err
	case !info.HasVideo:
		return nil, lack(path, ErrNoVideo)
	case len(times) == 0:
		return nil, &data.FormatError{File: path, Reason: "0 frames, want at least 1"}
	}
	end := ending(times, info.FPS)
	if err := d.checkShort(path, info, end, count(len(times), "frame")); err != nil {
		return nil, err
	}
	chosen, err := o.choose(times, end)
	if err != nil {
		return nil, &data.FormatError{File: path, Reason: err.Error()}
	}
	return d.decode(ctx, path, o, chosen)
}

// check reports a request that makes no sense.
func (o Options) check() error {
	asked := 0
	for _, v := range []float64{o.FPS, float64(o.Evenly), float64(o.Segments)} {
		if v != 0 {
			asked++
		}
	}
	switch {
	case asked > 1:
		return fmt.Errorf("video: %d of FPS, Evenly and Segments are set, want at most one", asked)
	case !(o.FPS >= 0) || math.IsInf(o.FPS, 0):
		return fmt.Errorf("video: %v frames a second, want a positive number", o.FPS)
	case min(o.Evenly, o.Segments, o.MaxFrames, o.Least, o.ShortSide) < 0:
		return fmt.Errorf("video: options %+v, want no number below 0", o)
	}
	return nil
}

// ending is the time at which the last frame's share of time ends.
func ending(times []float64, fps float64) float64 {
	last := times[len(times)-1]
	switch {
	case fps > 0:
		return last + 1/fps
	case len(times) > 1:
		return last + last/float64(len(times)-1)
	}
	return last
}

// choose says which frames, by number and in order, are wanted of those at times; the video lasts until end.
func (o Options) choose(times []float64, end float64) ([]int, error) {
	// A container may round times down or up to a whole millisecond: they count as reached a little earlier.
	const slack = 0.002
	n, most := len(times), o.MaxFrames
	if most == 0 {
		most = math.MaxInt32
	}
	if asked := o.Evenly + o.Segments; n < asked {
		return nil, fmt.Errorf("%s, want at least %d: was it cut off?", count(n, "frame"), asked)
	}
	var chosen []int
	switch {
	case o.FPS > 0:
		places := max(math.Ceil((end-slack)*o.FPS), 1)
		for i, at := 0, 0; float64(i) < places && i < most; i++ {
			for at+1 < n && times[at+1] <= float64(i)/o.FPS+slack {
				at++
			}
			chosen = append(chosen, at)
		}
	case o.Evenly == 1:
		chosen = []int{(n - 1) / 2}
	case o.Evenly > 1:
		for i := range o.Evenly {
			gaps := o.Evenly - 1
			chosen = append(chosen, (2*i*(n-1)+gaps)/(2*gaps)) // rounded
		}
	case o.Segments > 0:
		chosen = Middles(n, o.Segments)
	default:
		for i := range min(n, most) {
			chosen = append(chosen, i)
		}
	}
	chosen = chosen[:min(len(chosen), most)]
	if len(chosen) < o.Least {
		return nil, fmt.Errorf("%s, want at least %d: was it cut off?", count(len(chosen), "frame"), o.Least)
	}
	return chosen, nil
}

// Middles says which of n things stand in the middle of each of k equal parts, in order: of fewer than k, some stand
// more than once.
func Middles(n, k int) []int {
	middles := make([]int, k)
	for i := range middles {
		middles[i] = (2*i + 1) * n / (2 * k)
	}
	return middles
}

// decode lets ffmpeg send the chosen frames.
func (d Decoder) decode(ctx context.Context, path string, o Options, chosen []int) ([]Picture, error) {
	distinct := slices.Compact(slices.Clone(chosen))
	args := []string{"-nostdin", "-v", "error"}
	args = append(append(args, d.input(path)...),
		"-map", "0:V:0", "-an", "-sn", "-dn", "-vf", o.filter(distinct),
		// Frames are numbered anew at 25 a second and sent at that rate, so that none is repeated or left out for its
		// time.
		"-r", "25", "-frames:v", fmt.Sprint(len(distinct)), "-threads", fmt.Sprint(d.threads()),
		"-f", "image2pipe", "-c:v", "ppm", "pipe:1")
	var got arrivals
	err := d.run(ctx, d.ffmpeg(), path, args, func(r io.Reader) error {
		got = arrivals{chosen: chosen, bound: d.maxBytes()}
		return got.read(r)
	})
	switch {
	case err != nil:
		return nil, err
	case got.distinct < len(distinct):
		return nil, &data.FormatError{
			File:   path,
			Reason: fmt.Sprintf("%s, want at least %d: was it cut off?", count(got.distinct, "frame"), len(distinct)),
		}
	}
	return got.pictures(), nil
}

// filter is a description for ffmpeg of what is done with the frames: chosen by number, renumbered, sized.
func (o Options) filter(distinct []int) string {
	var terms []string
	for i := 0; i < len(distinct); {
		first, last := distinct[i], distinct[i]
		for i++; i < len(distinct) && distinct[i] == last+1; i++ {
			last++
		}
		terms = append(terms, fmt.Sprintf("between(n,%d,%d)", first, last))
	}
	width, height := "iw", "ih"
	if s := o.ShortSide; s > 0 {
		side := func(this, other string) string {
			return fmt.Sprintf(
				"if(gt(min(iw,ih),%d),if(gt(%s,%s),round(%s*%d/%s),%d),%s)", s, this, other, this, s, other, s, this,
			)
		}
		width, height = side("iw", "ih"), side("ih", "iw")
	}
	return fmt.Sprintf("select='%s',settb=1/25,setpts=N,scale=w='%s':h='%s':flags=bilinear+accurate_rnd+full_chroma_int,format=rgb24",
		strings.Join(terms, "+"), width, height)
}

// arrivals collects frames that come as PPM files, one behind the other.
type arrivals struct {
	chosen   []int // by place, the number of a frame; not falling
	bound    int64 // bytes
	distinct int   // frames that have come

	height, width int
	placed        int // places that are filled
	pix           []byte
}

func (a *arrivals) read(r io.Reader) error {
	buffered := bufio.NewReaderSize(r, 1<<16)
	for {
		height, width, err := readHeader(buffered)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case a.placed == len(a.chosen):
			return fmt.Errorf("more frames than the %d that were asked for: %w", a.distinct, errBound)
		case a.pix == nil:
			if size := int64(height) * int64(width) * 3 * int64(len(a.chosen)); size > a.bound {
				return fmt.Errorf(
					"a recording that decodes to more than %d bytes: %s of %dx%d pixels: %w", a.bound,
					count(len(a.chosen), "frame"), width, height, errBound,
				)
			}
			a.height, a.width, a.pix = height, width, make([]byte, height*width*3*len(a.chosen))
		case height != a.height || width != a.width:
			return fmt.Errorf(
				"frame %d has %dx%d pixels, want %dx%d as the first", a.chosen[a.placed], width, height, a.width,
				a.height,
			)
		}
		size := height * width * 3
		this := a.pix[a.placed*size:][:size]
		if n, err := io.ReadFull(buffered, this); err != nil {
			return fmt.Errorf("a frame of %d bytes, want %d", n, size)
		}
		a.distinct++
		number := a.chosen[a.placed]
		for a.placed++; a.placed < len(a.chosen) && a.chosen[a.placed] == number; a.placed++ {
			copy(a.pix[a.placed*size:], this)
		}
	}
}

// readHeader reads that of a PPM file as ffmpeg writes it, or io.EOF.
func readHeader(r *bufio.Reader) (height, width int, err error) {
	if _, err := r.Peek(1); err != nil {
		return 0, 0, err
	}
	var depth int
	// Exactly one byte follows the depth: pixels may look like blanks.
	if _, err := fmt.Fscanf(r, "P6\n%d %d\n%d\n", &width, &height, &depth); err != nil || depth != math.MaxUint8 {
		return 0, 0, errors.New("a frame's header is broken")
	}
	if err := (Bounds{}).check(height, width); err != nil {
		return 0, 0, fmt.Errorf("frames of %w: %w", err, errBound)
	}
	return height, width, nil
}

// pictures are the frames by place.
func (a *arrivals) pictures() []Picture {
	size := a.height * a.width * 3
	list := make([]Picture, len(a.chosen))
	for i := range list {
		list[i] = Picture{a.height, a.width, a.pix[i*size : (i+1)*size]}
	}
	return list
}

// Packed are the pixels of pictures of one size as one array of shape [T, H, W, 3]. Those that [Frames] returned are
// not copied. It panics when sizes differ.
func Packed(list []Picture) []byte {
	if len(list) == 0 {
		return nil
	}
	first := list[0]
	size := len(first.Pix)
	whole := first.Pix[:min(cap(first.Pix), size*len(list))]
	for i, p := range list {
		if p.Height != first.Height || p.Width != first.Width || len(p.Pix) != size {
			panic(
				fmt.Errorf(
					"video: Packed: picture %d of %dx%d pixels, want %dx%d", i, p.Width, p.Height, first.Width,
					first.Height,
				),
			)
		}
		if size == 0 || len(whole) < size*len(list) || &whole[i*size] != &p.Pix[0] {
			whole = nil
			break
		}
	}
	if whole != nil {
		return whole
	}
	whole = make([]byte, 0, size*len(list))
	for _, p := range list {
		whole = append(whole, p.Pix...)
	}
	return whole
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
