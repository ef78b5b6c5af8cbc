package video

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/primewindow/primewindow/data"
)

var (
	// ErrNoFFmpeg reports that ffmpeg, or the ffprobe that comes with it, cannot be started.
	ErrNoFFmpeg = errors.New("ffmpeg is not installed (apt-get install ffmpeg), or not on PATH")
	// ErrNoSound reports a file without sound. Such an error is a [data.FormatError] as well.
	ErrNoSound = errors.New("no sound")
	// ErrNoVideo reports a file without moving pictures. Such an error is a [data.FormatError] as well.
	ErrNoVideo = errors.New("no picture, want a video")
)

// Decoder runs ffmpeg, and says what one file may cost. Its zero value is ready. Its methods may be called from several
// goroutines.
type Decoder struct {
	FFmpeg, FFprobe string        // names or paths of the programs; empty for ffmpeg and ffprobe on PATH
	Limit           time.Duration // for one file, all processes together; 0: two minutes
	MaxBytes        int64         // of what a file decodes to; 0: 1 GiB
	MaxMemory       int64         // of each process's address space, on Linux; 0: 4 GiB
	Threads         int           // of each process; 0: one, as loaders decode several files at a time

	// AcceptShort takes what can be decoded of a file that ends more than half a second and more than a tenth of its
	// length before its header says so, which otherwise is an error. Some whole files are like that: an FLV file has
	// one length for sound and video, and one of them may end earlier. Containers whose length ffmpeg only estimates,
	// such as MP3, are never held to it, nor is compressed sound in an AVI file.
	AcceptShort bool
}

func (d Decoder) ffmpeg() string       { return cmp.Or(d.FFmpeg, "ffmpeg") }
func (d Decoder) ffprobe() string      { return cmp.Or(d.FFprobe, "ffprobe") }
func (d Decoder) limit() time.Duration { return cmp.Or(d.Limit, 2*time.Minute) }
func (d Decoder) maxBytes() int64      { return cmp.Or(d.MaxBytes, 1<<30) }
func (d Decoder) maxMemory() int64     { return cmp.Or(d.MaxMemory, 4<<30) }
func (d Decoder) threads() int         { return cmp.Or(d.Threads, 1) }

// errLimit marks a context that ended because of [Decoder.Limit].
var errLimit = errors.New("limit")

// bounded is a context for all processes of one file.
func (d Decoder) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d.limit(), errLimit)
}

// lacking is a file without what is wanted of it.
type lacking struct {
	data.FormatError
	what error
}

func (e *lacking) Unwrap() []error { return []error{&e.FormatError, e.what} }

func lack(path string, what error) error {
	return &lacking{data.FormatError{File: path, Reason: what.Error()}, what}
}

// formats are the containers that may be opened, by ffmpeg's names. Each holds its streams itself; lists of files,
// numbered pictures and descriptions of sessions are left out, and so is what draws or computes its pictures.
const formats = "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dv,eac3,flac,flv,gif,h264,hevc,ivf,m4v,matroska,webm,mjpeg," +
	"mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,mpegvideo,mxf,nut,obu,ogg,rm,swf,tta,w64,wav,wv,yuv4mpegpipe"

// input are the options in front of a file's name, and that.
func (d Decoder) input(path string) []string {
	return []string{
		"-protocol_whitelist", "file", "-format_whitelist", formats,
		"-max_pixels", fmt.Sprint(Bounds{}.maxPixels()), "-threads", fmt.Sprint(d.threads()),
		"-i", address(path),
	}
}

// address is a path as the programs take it: whatever it begins with, it is a file's name.
func address(path string) string { return "file:" + path }

// checkShort compares how far a file could be decoded with what its header says.
func (d Decoder) checkShort(path string, info Info, have float64, what string) error {
	want := info.promised
	if d.AcceptShort || want == 0 || have >= want-max(0.5, want/10) {
		return nil
	}
	round := func(s float64) float64 { return math.Round(s*100) / 100 }
	return &data.FormatError{
		File:   path,
		Reason: fmt.Sprintf("truncated: %s of %v s could be decoded, want %v s", what, round(have), round(want)),
	}
}
