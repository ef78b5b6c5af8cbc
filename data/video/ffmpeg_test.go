package video

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
)

// needFFmpeg skips where ffmpeg is not installed.
func needFFmpeg(tb testing.TB) {
	tb.Helper()
	for _, program := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(program); err != nil {
			tb.Skipf("needs %s: apt-get install ffmpeg", program)
		}
	}
}

// ffmpeg runs it and returns what it sends.
func ffmpeg(tb testing.TB, args ...string) []byte {
	tb.Helper()
	needFFmpeg(tb)
	cmd := exec.CommandContext(tb.Context(), "ffmpeg", append([]string{"-nostdin", "-v", "error", "-y"}, args...)...)
	var words strings.Builder
	cmd.Stderr = &words
	out, err := cmd.Output()
	if err != nil {
		tb.Fatalf("ffmpeg %q: %v\n%s", args, err, words.String())
	}
	return out
}

// makeFile makes a file by ffmpeg, in a new folder.
func makeFile(tb testing.TB, name string, args ...string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	ffmpeg(tb, append(args, "file:"+path)...)
	return path
}

// steps is a source of frames of one colour each: red is 8 times their number, green 100, blue 200.
func steps(frames int, rate string, size string) []string {
	return []string{
		"-f", "lavfi", "-i",
		fmt.Sprintf(
			"color=c=black:s=%s:r=%s,format=rgb24,geq=r='8*N':g=100:b=200,trim=end_frame=%d", size, rate, frames,
		),
	}
}

func tone(seconds float64) []string {
	return []string{"-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=440:sample_rate=22050:duration=%v", seconds)}
}

// numbers reads which frames of steps pictures are.
func numbers(tb testing.TB, list []Picture) []int {
	tb.Helper()
	got := make([]int, len(list))
	for i, p := range list {
		got[i] = (int(p.Pix[0]) + 4) / 8 // lossy codecs miss by a few steps
	}
	return got
}

// lossless are codecs that keep every bit, for containers that hold them.
var lossless = []string{"-c:v", "ffv1", "-pix_fmt", "bgr0"}

// TestFramesChosen reads lossless frames of known colours.
func TestFramesChosen(t *testing.T) {
	path := makeFile(t, "-a clip's \"name\" %03d;$(x).avi", append(steps(30, "10", "64x48"), lossless...)...)
	for _, tt := range []struct {
		name   string
		o      Options
		want   []int
		reason string
	}{
		{"all", Options{}, seq(0, 29, 1), "each once, in order"},
		{"first", Options{MaxFrames: 3}, []int{0, 1, 2}, "no more than asked for"},
		{"one a second", Options{FPS: 1}, []int{0, 10, 20}, "what is on show at 0, 1 and 2 s; at 3 s it is over"},
		{"five a second", Options{FPS: 5}, seq(0, 28, 2), "every other"},
		{
			"three a second", Options{FPS: 3}, []int{0, 3, 6, 10, 13, 16, 20, 23, 26},
			"at 1/3 s frame 3 is on show, until 0.4 s",
		},
		{"two of three a second", Options{FPS: 3, MaxFrames: 2}, []int{0, 3}, "the first two"},
		{"one in ten seconds", Options{FPS: 0.1}, []int{0}, "never none"},
		{"more than there are", Options{FPS: 20, MaxFrames: 7}, []int{0, 0, 1, 1, 2, 2, 3}, "each is on show for two"},
		{"evenly", Options{Evenly: 4}, []int{0, 10, 19, 29}, "29/3 and 58/3, rounded"},
		{"middle", Options{Evenly: 1}, []int{14}, "(30-1)/2, rounded down"},
		{"all evenly", Options{Evenly: 30}, seq(0, 29, 1), "as many as there are"},
		{"segments", Options{Segments: 3}, []int{5, 15, 25}, "the middle of each ten"},
		{"one segment", Options{Segments: 1, Least: 1}, []int{15}, "the middle of all"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, err := Frames(t.Context(), path, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, numbers(t, list)); diff != "" {
				t.Errorf("frames (-want +got)\n%s\nreason: %s", diff, tt.reason)
			}
			for i, p := range list {
				if p.Height != 48 || p.Width != 64 || p.Pix[0] != byte(8*tt.want[i]) || p.Pix[1] != 100 ||
					p.Pix[2] != 200 {
					t.Errorf("frame %d of %dx%d pixels begins with %v", i, p.Width, p.Height, p.Pix[:3])
				}
			}
		})
	}
}

func seq(first, last, step int) []int {
	var s []int
	for i := first; i <= last; i += step {
		s = append(s, i)
	}
	return s
}

// TestFramesExact compares with what ffmpeg sends by itself, byte for byte.
func TestFramesExact(t *testing.T) {
	for _, size := range []string{"64x48", "65x49", "1x1", "37x3"} {
		path := makeFile(
			t, "exact.mkv", "-f", "lavfi", "-i", "testsrc="+"s="+size+":r=25:d=0.4", "-c:v", "ffv1", "-pix_fmt", "bgr0",
		)
		want := ffmpeg(t, "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1")
		list, err := Frames(t.Context(), path, Options{})
		if err != nil || len(list) != 10 {
			t.Fatalf("%s: %d frames, %v, want 10", size, len(list), err)
		}
		if got := Packed(list); !slices.Equal(got, want) {
			t.Errorf("%s: %d bytes differ from ffmpeg's %d", size, len(got), len(want))
		}
	}
}

func TestFramesSize(t *testing.T) {
	wide := makeFile(t, "wide.avi", append(steps(2, "10", "65x49"), lossless...)...)
	turned := filepath.Join(t.TempDir(), "turned.mp4")
	mp4 := makeFile(t, "plain.mp4", append(steps(2, "10", "64x48"), "-c:v", "mpeg4")...)
	ffmpeg(t, "-i", mp4, "-c", "copy", "-metadata:s:v:0", "rotate=90", turned)
	info, err := Decoder{}.Probe(t.Context(), turned)
	rotated := err == nil && info.Width == 48 // newer ffmpegs write a rotation otherwise
	for _, tt := range []struct {
		name          string
		path          string
		short         int
		height, width int
		skip          bool
		reason        string
	}{
		{"whole", wide, 0, 49, 65, false, "odd sides"},
		{"reduced", wide, 24, 24, 32, false, "65*24/49 = 31.8"},
		{"to one row", wide, 1, 1, 1, false, "65/49 = 1.3"},
		{"as small", wide, 49, 49, 65, false, "not reduced"},
		{"smaller", wide, 100, 49, 65, false, "never enlarged"},
		{"turned", turned, 24, 32, 24, !rotated, "as the header says"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.skip {
				t.Skip("this ffmpeg does not write rotations so")
			}
			list, err := Frames(t.Context(), tt.path, Options{ShortSide: tt.short})
			if err != nil || len(list) != 2 || list[0].Height != tt.height || list[0].Width != tt.width {
				t.Fatalf(
					"%d frames, %v, want 2 of %dx%d pixels\nreason: %s", len(list), err, tt.width, tt.height, tt.reason,
				)
			}
		})
	}
}

// TestContainers reads frames and sound of the kinds of files that sets come in.
func TestContainers(t *testing.T) {
	for _, tt := range []struct {
		name    string
		options []string
		loss    int // steps of 255 by which the codec may miss
	}{
		{"clip.flv", []string{"-c:v", "flv", "-q:v", "2", "-c:a", "mp3", "-ar", "22050"}, 8},
		{"clip.mp4", []string{"-c:v", "libx264", "-c:a", "aac"}, 8},
		{"mpeg4.mp4", []string{"-c:v", "mpeg4", "-bf", "2", "-q:v", "2", "-c:a", "aac"}, 8},
		{"clip.avi", []string{"-c:v", "mpeg4", "-q:v", "2", "-c:a", "pcm_s16le"}, 8},
		{
			"clip.webm",
			[]string{"-c:v", "libvpx", "-auto-alt-ref", "1", "-lag-in-frames", "5", "-b:v", "1M", "-c:a", "libvorbis"},
			8,
		},
		{"clip.mkv", []string{"-c:v", "ffv1", "-c:a", "flac"}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := makeFile(t, tt.name, slices.Concat(steps(30, "15", "96x72"), tone(2), tt.options)...)
			info, err := Decoder{}.Probe(t.Context(), path)
			// a codec's padding
			if err != nil || !info.HasVideo || !info.HasSound || info.Width != 96 || info.Height != 72 ||
				math.Abs(info.FPS-15) > 0.01 || math.Abs(info.Duration.Seconds()-2) > 0.2 {
				t.Errorf("Probe = %+v, %v, want 2 s of 96x72 pixels with sound", info, err)
			}
			list, err := Frames(t.Context(), path, Options{FPS: 3})
			if err != nil {
				t.Fatal(err)
			}
			want := seq(0, 25, 5)
			if len(list) == len(want)+1 { // some containers leave the last frame's time open
				list = list[:len(want)]
			}
			if diff := cmp.Diff(want, numbers(t, list)); diff != "" {
				t.Errorf("frames (-want +got)\n%s", diff)
			}
			for i, p := range list {
				for c, v := range []int{8 * want[i], 100, 200} {
					if d := int(p.Pix[c]) - v; d > tt.loss || d < -tt.loss {
						t.Errorf("frame %d begins with %v, want %d in place %d", want[i], p.Pix[:3], v, c)
					}
				}
			}
			checkTone(t, path, 2)
		})
	}
	for _, name := range []string{"a.mp3", "a.ogg", "a.opus", "a.flac", "a.m4a", "a.wav", "a.wma", "a.aiff"} {
		t.Run(name, func(t *testing.T) {
			path := makeFile(t, name, tone(1)...)
			checkTone(t, path, 1)
			if _, err := Frames(t.Context(), path, Options{}); !errors.Is(err, ErrNoVideo) ||
				err.Error() != path+": no picture, want a video" {
				t.Errorf("Frames of sound: %v", err)
			}
		})
	}
	t.Run("cover", func(t *testing.T) {
		png := makeFile(t, "cover.png", "-f", "lavfi", "-i", "color=c=red:s=32x32", "-frames:v", "1")
		path := makeFile(
			t, "song.mp3", append(tone(1), "-i", png, "-map", "0", "-map", "1", "-disposition:v", "attached_pic")...,
		)
		if info, err := (Decoder{}).Probe(t.Context(), path); err != nil || info.HasVideo || !info.HasSound {
			t.Errorf("Probe = %+v, %v, want sound alone", info, err)
		}
		if _, err := Frames(t.Context(), path, Options{}); !errors.Is(err, ErrNoVideo) {
			t.Errorf("Frames of a cover: %v", err)
		}
	})
}

// checkTone counts the zero crossings of 440 Hz.
func checkTone(t *testing.T, path string, seconds int) {
	t.Helper()
	s, err := Sound(t.Context(), path, 16000)
	// a lossy codec's padding
	if err != nil || s.SampleRateHz != 16000 || math.Abs(float64(len(s.Samples)-16000*seconds)) > 2500 {
		t.Fatalf("%v, want %d s at 16,000 Hz", err, seconds)
	}
	crossings := 0
	for i := 2001; i < 12000; i++ {
		if (s.Samples[i-1] < 0) != (s.Samples[i] < 0) {
			crossings++
		}
	}
	if want := 2 * 440 * 10000 / 16000; crossings < want-4 || crossings > want+4 { // ends, and a lossy codec's noise
		t.Errorf("%d zero crossings in 10,000 samples, want %d of 440 Hz", crossings, want)
	}
}

// TestSoundMean averages channels instead of adding them.
func TestSoundMean(t *testing.T) {
	path := makeFile(t, "two.flac", "-f", "lavfi", "-i", "aevalsrc=0.5|0.25:s=8000:d=0.5")
	s, err := Sound(t.Context(), path, 8000)
	if err != nil || len(s.Samples) != 4000 {
		t.Fatalf("%v, want 4000 samples", err)
	}
	for i, v := range s.Samples {
		if math.Abs(float64(v)-0.375) > 1./(1<<14) { // two roundings to 16 bits
			t.Fatalf("sample %d is %v, want 0.375", i, v)
		}
	}
}

// TestBadFiles names each file with what is wrong with it.
func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	read := func(path string) []byte {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	clip := makeFile(t, "clip.mp4", append(steps(30, "10", "64x48"), "-c:v", "mpeg4")...)
	whole := read(clip)
	detailed := slices.Concat([]string{"-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=3"}, tone(3))
	flv := read(makeFile(t, "clip.flv", append(detailed, "-c:v", "flv", "-q:v", "2", "-c:a", "mp3", "-ar", "22050")...))
	avi := read(makeFile(t, "clip.avi", append(detailed, "-c:v", "mpeg4", "-q:v", "2", "-c:a", "pcm_s16le")...))
	flac := read(makeFile(t, "a.flac", tone(3)...))
	cut, cutAVI := write("cut.flv", flv[:len(flv)/2]), write("cut.avi", avi[:len(avi)/2])
	for _, tt := range []struct {
		name   string
		path   string
		o      Options
		sound  bool
		want   string
		reason string
	}{
		{"empty", write("empty.mp4", nil), Options{}, false, "empty, want a recording", "a download that never began"},
		{"one byte", write("one.mp4", []byte{0}), Options{}, false, "Invalid data found", "nothing is like that"},
		{
			"error page", write("text.mp4", []byte(strings.Repeat("<html>", 500))), Options{}, false,
			"a web page, not the file itself", "a download that was refused",
		},
		{
			"garbage", write("noise.mp4", []byte(strings.Repeat("noise!", 500))), Options{}, false,
			"Invalid data found", "no format begins so",
		},
		{"garbage sound", write("text.mp3", []byte(strings.Repeat("<html>", 500))), Options{}, true, "", "likewise"},
		{"cut MP4", write("cut.mp4", whole[:len(whole)/2]), Options{}, false, "", "it has its index at the end"},
		{"cut FLV", cut, Options{FPS: 3}, false, "s could be decoded, want 3", "it says how long it would be"},
		{"cut FLV in segments", cut, Options{Segments: 3}, false, "truncated: ", "never the wrong frames"},
		{"cut AVI", cutAVI, Options{}, false, "s could be decoded, want 3 s", "its header counts frames"},
		{"cut AVI's sound", cutAVI, Options{}, true, "s could be decoded, want 3 s", "its header counts samples"},
		{"cut FLV's sound", cut, Options{}, true, "truncated: ", "likewise"},
		{"cut FLAC", write("cut.flac", flac[:len(flac)/2]), Options{}, true, "", "likewise"},
		{
			"too few", clip, Options{Least: 31}, false, "30 frames, want at least 31: was it cut off?",
			"fewer frames than were asked for",
		},
		{"too few at a rate", clip, Options{FPS: 2, Least: 7}, false, "6 frames, want at least 7", "likewise"},
		{"too few segments", clip, Options{Segments: 31}, false, "30 frames, want at least 31", "likewise"},
		{"folder", dir, Options{}, false, "not a regular file", "ffmpeg reads some"},
		{"silent", clip, Options{}, true, "no sound", "a film without sound"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var err error
			if tt.sound {
				_, err = Sound(t.Context(), tt.path, 16000)
			} else {
				_, err = Frames(t.Context(), tt.path, tt.o)
			}
			_, broken := errors.AsType[*data.FormatError](err)
			if !broken || strings.Count(err.Error(), tt.path) != 1 || !strings.HasPrefix(err.Error(), tt.path+": ") ||
				!strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want one line with %s once and %q\nreason: %s", err, tt.path, tt.want, tt.reason)
			}
		})
	}
	if list, err := (Decoder{AcceptShort: true}).Frames(t.Context(), cut, Options{}); err != nil || len(list) < 5 ||
		len(list) > 25 {
		t.Errorf("%d frames of half a video, %v, want about 15 when they are accepted", len(list), err)
	}
	if _, err := Sound(t.Context(), clip, 8000); !errors.Is(err, ErrNoSound) {
		t.Errorf("Sound of a silent film: %v, want ErrNoSound", err)
	}
	if _, err := Sound(t.Context(), clip, 0); err == nil {
		t.Error("Sound at 0 Hz: no error")
	}
	if _, err := Frames(t.Context(), filepath.Join(dir, "none"), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Frames of a missing file: %v", err)
	}
}

// TestKnownTimes says frames' times beforehand, rightly and wrongly.
func TestKnownTimes(t *testing.T) {
	clip := makeFile(t, "clip.flv", append(steps(3, "10", "64x48"), "-c:v", "flv")...)
	want, err := Frames(context.Background(), clip, Options{Segments: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 3, 30, 31, 300} {
		times := make([]float64, n)
		for i := range times {
			times[i] = float64(i) / 10
		}
		got, err := Frames(context.Background(), clip, Options{Segments: 3, Times: times})
		// Fewer times are other frames, as the caller says; more than there are turn out in decoding.
		if err != nil || len(got) != 3 || n != 3 && !bytes.Equal(Packed(got), Packed(want)) {
			t.Errorf("%d times: %d frames, %v, want the same three", n, len(got), err)
		}
	}
}

// TestPlaylists reach neither the network nor other files, under any name.
func TestPlaylists(t *testing.T) {
	clip := makeFile(t, "clip.flv", append(steps(3, "10", "64x48"), "-c:v", "flv")...)
	for name, text := range map[string]string{
		"hls":    "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n",
		"files":  "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://" + clip + "\n",
		"concat": "ffconcat version 1.0\nfile clip.flv\n",
		"session": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\na=rtpmap:96 " +
			"H264/90000\n",
		"dash": `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"></MPD>`,
	} {
		for _, extension := range []string{".flv", ".m3u8", ".sdp", ".mpd"} {
			path := filepath.Join(filepath.Dir(clip), name+extension)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Frames(t.Context(), path, Options{})
			_, broken := errors.AsType[*data.FormatError](err)
			_, other := errors.AsType[*data.UnsupportedError](err)
			if !broken && !other || !strings.HasPrefix(err.Error(), path+": ") ||
				strings.Contains(err.Error(), "Connection refused") {
				t.Errorf("%s: %v, want an error that names it", filepath.Base(path), err)
			}
		}
	}
}

func TestOptionsErrors(t *testing.T) {
	for _, o := range []Options{
		{FPS: 1, Segments: 3}, {Evenly: 1, Segments: 3}, {FPS: -1}, {FPS: math.NaN()}, {FPS: math.Inf(1)},
		{Evenly: -1}, {Segments: -1}, {MaxFrames: -1}, {Least: -1}, {ShortSide: -1},
	} {
		if _, err := Frames(context.Background(), "none.flv", o); err == nil || errors.Is(err, fs.ErrNotExist) ||
			errors.Is(err, ErrNoFFmpeg) {
			t.Errorf("Frames with %+v: %v, want the options refused first", o, err)
		}
	}
}

// TestStopped says whose time is up.
func TestStopped(t *testing.T) {
	d := Decoder{Limit: time.Nanosecond}
	ctx, cancel := d.bounded(t.Context())
	defer cancel()
	<-ctx.Done()
	if _, other := errors.AsType[*data.UnsupportedError](d.stopped(ctx, "ffmpeg", "x")); !other {
		t.Errorf("over the limit: %v", d.stopped(ctx, "ffmpeg", "x"))
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := d.stopped(gone, "ffmpeg", "x"); !errors.Is(err, context.Canceled) ||
		!strings.Contains(err.Error(), "x: ") {
		t.Errorf("a caller that left: %v", err)
	}
	if err := d.stopped(t.Context(), "ffmpeg", "x"); err != nil {
		t.Errorf("not stopped: %v", err)
	}
}
