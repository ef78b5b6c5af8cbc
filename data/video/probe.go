package video

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/primewindow/primewindow/data"
)

// Info is what a file's header says. Of a kind that it lacks the numbers are 0.
type Info struct {
	Container     string        // by ffmpeg's name, for example flv
	Duration      time.Duration // 0 when the header does not say
	Width, Height int           // as shown: turned, where the header says so
	FPS           float64
	SampleRateHz  int
	HasVideo      bool // a cover picture in a recording is none
	HasSound      bool

	promised float64 // seconds that the wanted stream lasts, by a header that knows; 0 when none does
}

// Probe reads a file's header with ffprobe. Errors are those of [Decoder.Frames].
func (d Decoder) Probe(ctx context.Context, path string) (Info, error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	info, _, err := d.probe(ctx, path, "a")
	return info, err
}

// probed is what ffprobe prints.
type probed struct {
	Streams []stream `json:"streams"`
	Format  struct {
		Name     string `json:"format_name"`
		Duration string `json:"duration"`
	} `json:"format"`
	Frames []struct {
		Time string `json:"best_effort_timestamp_time"`
	} `json:"frames"`
}

type stream struct {
	Kind        string         `json:"codec_type"`
	Codec       string         `json:"codec_name"`
	Frames      string         `json:"nb_frames"`
	Width       int            `json:"width"`
	Height      int            `json:"height"`
	Rate        string         `json:"avg_frame_rate"`
	RealRate    string         `json:"r_frame_rate"`
	SampleRate  string         `json:"sample_rate"`
	Duration    string         `json:"duration"`
	Disposition map[string]int `json:"disposition"`
	Tags        struct {
		Duration string `json:"DURATION"`
	} `json:"tags"`
	SideData []struct {
		Rotation float64 `json:"rotation"`
	} `json:"side_data_list"`
}

// maxProbe bounds what ffprobe prints: enough for the times of a million frames.
const maxProbe = 64 << 20

// probe reads a file's header. wanted is the kind of stream that [Info.promised] is about: "a" for sound, or "V" for
// video, of which the times in seconds of all frames that can be decoded are returned.
func (d Decoder) probe(ctx context.Context, path, wanted string) (Info, []float64, error) {
	entries := "format=format_name,duration:stream=codec_type,codec_name,nb_frames,width,height,avg_frame_rate,r_frame_rate,sample_rate," +
		"duration:stream_disposition=attached_pic:stream_tags=DURATION:stream_side_data=rotation"
	args := []string{"-v", "error", "-of", "json"}
	if wanted == "V" {
		entries += ":frame=best_effort_timestamp_time"
		args = append(args, "-select_streams", "V:0")
	}
	args = append(append(args, "-show_entries", entries), d.input(path)...)
	var p probed
	err := d.run(ctx, d.ffprobe(), path, args, func(r io.Reader) error {
		b, err := readBounded(r, maxProbe, "description")
		if err != nil || len(b) == 0 {
			return err // of nothing the program's message tells more
		}
		return json.Unmarshal(b, &p)
	})
	if err != nil {
		return Info{}, nil, err
	}
	info := p.info(wanted)
	if !info.HasSound && !info.HasVideo && wanted == "a" {
		return Info{}, nil, &data.FormatError{File: path, Reason: "neither video nor sound"}
	}
	return info, p.times(info.FPS), nil
}

// info puts together what is said of the first stream of each kind.
func (p probed) info(wanted string) Info {
	length, _ := seconds(p.Format.Duration)
	info := Info{Container: p.Format.Name, Duration: time.Duration(length * float64(time.Second))}
	if slices.Contains(
		[]string{"flv", "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "flac", "asf", "mxf"}, p.Format.Name,
	) {
		info.promised = length
	}
	for _, s := range p.Streams {
		switch {
		case s.Kind == "video" && !info.HasVideo && s.Disposition["attached_pic"] == 0:
			info.HasVideo, info.Height, info.Width, info.FPS = true, s.Height, s.Width, s.rate()
			if s.sideways() {
				info.Height, info.Width = s.Width, s.Height
			}
			if wanted == "V" {
				info.promise(s)
			}
		case s.Kind == "audio" && !info.HasSound:
			info.HasSound = true
			info.SampleRateHz, _ = strconv.Atoi(s.SampleRate) // 0 where it does not say
			if wanted == "a" {
				info.promise(s)
			}
		}
	}
	return info
}

// promise notes a stream's own length, where the container's is one that is kept to.
func (i *Info) promise(s stream) {
	if i.promised == 0 {
		return
	}
	for _, text := range []string{s.Duration, s.Tags.Duration} {
		if length, ok := seconds(text); ok {
			i.promised = length
			break
		}
	}
	if i.Container != "avi" {
		return
	}
	// Of an AVI file ffmpeg states how long it is, not how long its header says: that is a number of frames or samples.
	rate := s.rate()
	if strings.HasPrefix(s.Codec, "pcm_") {
		rate, _ = strconv.ParseFloat(s.SampleRate, 64) // 0 where it does not say
	}
	if n, err := strconv.ParseFloat(s.Frames, 64); err == nil && rate > 0 {
		i.promised = max(i.promised, n/rate)
	}
}

// rate is the frames a second, or 0.
func (s stream) rate() float64 {
	for _, text := range []string{s.Rate, s.RealRate} {
		above, below, _ := strings.Cut(text, "/")
		a, err1 := strconv.ParseFloat(above, 64)
		b, err2 := strconv.ParseFloat(below, 64)
		if rate := a / b; err1 == nil && err2 == nil && rate > 0 && !math.IsInf(rate, 0) {
			return rate
		}
	}
	return 0
}

// sideways reports whether the stream is shown turned by a quarter, either way.
func (s stream) sideways() bool {
	for _, d := range s.SideData {
		if math.Mod(math.Abs(math.Round(d.Rotation)), 180) == 90 {
			return true
		}
	}
	return false
}

// seconds reads a length as ffprobe prints it: a number, or hours:minutes:seconds.
func seconds(text string) (float64, bool) {
	var total float64
	for part := range strings.SplitSeq(text, ":") {
		v, err := strconv.ParseFloat(part, 64)
		if err != nil || !(v >= 0 && v < 1e9) {
			return 0, false
		}
		total = total*60 + v
	}
	return total, total > 0
}

// times are those of the decoded frames in seconds, counted from the first. A frame without one follows the one before
// it by a frame's duration.
func (p probed) times(fps float64) []float64 {
	if fps == 0 {
		fps = 25 // ffmpeg's own assumption
	}
	list := make([]float64, len(p.Frames))
	var first float64
	for i, f := range p.Frames {
		t, err := strconv.ParseFloat(f.Time, 64)
		switch {
		case err == nil && i == 0:
			first = t
		case err == nil:
			list[i] = t - first
		case i > 0:
			list[i] = list[i-1] + 1/fps
		}
	}
	return list
}
