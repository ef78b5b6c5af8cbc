//go:build unix

package video

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/primewindow/primewindow/data"
)

// header is what the scripts below say in ffprobe's place: two frames of two pixels.
const header = `printf '{"streams":[{"codec_type":"video","width":2,"height":1,"avg_frame_rate":"10/1"},{"codec_type":"audio","sample_rate":"8000"}],` +
	`"format":{"format_name":"flv","duration":"0.2"},"frames":[{"best_effort_timestamp_time":"0"},{"best_effort_timestamp_time":"0.1"}]}'`

// script writes a program that plays ffmpeg or ffprobe.
func script(tb testing.TB, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		tb.Fatal(err)
	}
	return path
}

func clipFile(tb testing.TB) string {
	tb.Helper()
	clip := filepath.Join(tb.TempDir(), "clip.mp4")
	if err := os.WriteFile(clip, []byte("x"), 0o600); err != nil {
		tb.Fatal(err)
	}
	return clip
}

// TestMisbehaving plays the programs by scripts that hang, flood, fail and lie.
func TestMisbehaving(t *testing.T) {
	const frame = `printf 'P6\n2 1\n255\nabcdef'`
	probe, clip := script(t, header), clipFile(t)
	for _, tt := range []struct {
		name   string
		d      Decoder
		want   string
		reason string
	}{
		{
			"missing", Decoder{FFprobe: filepath.Join(t.TempDir(), "none")},
			"ffmpeg is not installed (apt-get install ffmpeg)", "the commonest fault of all",
		},
		{
			"hangs", Decoder{FFmpeg: script(t, "sleep 60"), FFprobe: probe, Limit: 300 * time.Millisecond},
			"takes program more than 300ms", "the process itself",
		},
		{
			"child hangs", Decoder{FFmpeg: script(t, "sleep 60 & wait"), FFprobe: probe, Limit: 300 * time.Millisecond},
			"takes program more than 300ms", "it would keep the pipe open",
		},
		{
			"hangs after its output",
			Decoder{
				FFmpeg: script(t, frame+"; "+frame+"; exec >&-; sleep 60"), FFprobe: probe,
				Limit: 300 * time.Millisecond,
			},
			"", "the pipe is closed, the process stays",
		},
		{
			"probe hangs", Decoder{FFprobe: script(t, "sleep 60"), Limit: 300 * time.Millisecond},
			"takes program more than 300ms", "the time is for both",
		},
		{
			"flood", Decoder{FFmpeg: script(t, "while :; do "+frame+"; done"), FFprobe: probe},
			"more frames than the 2 that were asked for", "it would never end",
		},
		{
			"bomb",
			Decoder{
				FFmpeg: script(t, `printf 'P6\n8000 8000\n255\n'; cat /dev/zero`), FFprobe: probe, MaxBytes: 1 << 20,
			},
			"decodes to more than 1048576 bytes", "a small file of large frames",
		},
		{
			"probe floods", Decoder{FFprobe: script(t, "cat /dev/zero")},
			"decodes to more than 67108864 bytes of description", "likewise",
		},
		{
			"chatty",
			Decoder{
				FFmpeg:  script(t, "i=0; while [ $i -lt 3000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1"),
				FFprobe: probe,
			},
			"clip.mp4: line 2999", "the last words, and no others",
		},
		{
			"component",
			Decoder{
				FFmpeg: script(
					t, `echo '[flv @ 0x55d0c8] file:`+clip+`: odd' >&2; echo 'Conversion failed!' >&2; exit 1`,
				),
				FFprobe: probe,
			},
			"clip.mp4: [flv] odd", "neither an address in memory nor the file again",
		},
		{
			"silent", Decoder{FFmpeg: script(t, "exit 3"), FFprobe: probe}, "program: exit status 3",
			"without words the status",
		},
		{
			"killed", Decoder{FFmpeg: script(t, "kill -9 $$"), FFprobe: probe}, "program: signal: killed",
			"as for want of memory",
		},
		{
			"nothing", Decoder{FFmpeg: script(t, "exit 0"), FFprobe: probe}, "0 frames, want at least 2",
			"a success without frames",
		},
		{"one of two", Decoder{FFmpeg: script(t, frame), FFprobe: probe}, "1 frame, want at least 2", "likewise"},
		{
			"half a frame", Decoder{FFmpeg: script(t, `printf 'P6\n2 2\n255\nabcdef'`), FFprobe: probe},
			"a frame of 6 bytes, want 12", "it died in between",
		},
		{
			"another format", Decoder{FFmpeg: script(t, `printf 'P5\n2 2\n255\nabcdef'`), FFprobe: probe},
			"a frame's header is broken", "not what was asked for",
		},
		{
			"half a header", Decoder{FFmpeg: script(t, `printf 'P6\n2'`), FFprobe: probe}, "a frame's header is broken",
			"it died in between",
		},
		{
			"huge frame", Decoder{FFmpeg: script(t, `printf 'P6\n20000 20000\n255\n'`), FFprobe: probe},
			"frames of 20000x20000 pixels", "nothing is allocated for it",
		},
		{
			"another size", Decoder{FFmpeg: script(t, frame+`; printf 'P6\n1 1\n255\nabc'`), FFprobe: probe},
			"frame 1 has 1x1 pixels, want 2x1 as the first", "a stream that changes",
		},
		{"not JSON", Decoder{FFprobe: script(t, "echo hello")}, "invalid character", "an ffprobe of another kind"},
		{"nothing known", Decoder{FFprobe: script(t, "echo '{}'")}, "no picture, want a video", "likewise"},
		{
			"no frames", Decoder{FFprobe: script(t, `echo '{"streams":[{"codec_type":"video"}]}'`)},
			"0 frames, want at least 1", "nothing can be decoded",
		},
		{
			"numbers that are none",
			Decoder{
				FFmpeg: script(t, "exit 0"),
				FFprobe: script(
					t,
					`echo '{"streams":[{"codec_type":"video","avg_frame_rate":"0/0","r_frame_rate":"x","duration":"N/A"}],"frames":[{},{}]}'`,
				),
			},
			"0 frames, want at least 2", "taken as unknown",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			began := time.Now()
			list, err := tt.d.Frames(t.Context(), clip, Options{})
			switch {
			case tt.want == "" && (err != nil || len(list) != 2): // all came, but the process has to be ended
				if _, other := errors.AsType[*data.UnsupportedError](err); !other {
					t.Errorf("%d frames, %v\nreason: %s", len(list), err, tt.reason)
				}
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), clip) || !strings.Contains(
				err.Error(), tt.want,
			) || strings.Contains(err.Error(), "\n")):
				t.Errorf("Frames: %v, want %s and %q\nreason: %s", err, clip, tt.want, tt.reason)
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("it took %v to give up", took)
			}
		})
	}
	if _, err := (Decoder{FFprobe: "none of this name"}).Frames(
		t.Context(), clip, Options{},
	); !errors.Is(err, ErrNoFFmpeg) {
		t.Errorf("without ffprobe: %v, want %v", err, ErrNoFFmpeg)
	}
	if _, err := (Decoder{
		FFprobe: probe, FFmpeg: "none of this name",
	}).Sound(t.Context(), clip, 8000); !errors.Is(err, ErrNoFFmpeg) {
		t.Errorf("without ffmpeg: %v, want %v", err, ErrNoFFmpeg)
	}
	// Pixels that look like blanks follow a header at once.
	list, err := Decoder{
		FFmpeg: script(t, `printf 'P6\n1 1\n255\n\n \tP6\n1 1\n255\nabc'`), FFprobe: probe,
	}.Frames(t.Context(), clip, Options{})
	if err != nil || len(list) != 2 || string(Packed(list)) != "\n \tabc" {
		t.Errorf("pixels that are blanks: %v, %v", list, err)
	}
}

// TestSoundMisbehaving plays what a decoder may send as sound.
func TestSoundMisbehaving(t *testing.T) {
	const start = `.snd\0\0\0\030\377\377\377\377\0\0\0\006\0\0\037\100\0\0\0\002` // 8,000 Hz, two channels
	probe, clip := script(t, header), clipFile(t)
	for _, tt := range []struct {
		name   string
		text   string
		want   string
		reason string
	}{
		{"nothing", ``, "no sound could be decoded", "a success without sound"},
		{"header", start, "0 samples could be decoded", "likewise"},
		{"half a block", start + `\077\200\0\0\0\0`, "0 samples could be decoded", "one of two channels"},
		{
			"another encoding", `.snd\0\0\0\030\377\377\377\377\0\0\0\003\0\0\037\100\0\0\0\001\0\0\0\0`,
			"sound of encoding 3", "not what was asked for",
		},
		{
			"no channels", `.snd\0\0\0\030\377\377\377\377\0\0\0\006\0\0\037\100\0\0\0\0\0\0\0\0`, "0 channels",
			"likewise",
		},
		{
			"far start", `.snd\0\020\0\030\377\377\377\377\0\0\0\006\0\0\037\100\0\0\0\001\0\0\0\0`,
			"from byte 1048600", "behind the end",
		},
		{"not a number", start + `\177\300\0\0\0\0\0\0`, "sample 0 is NaN, want a finite number", "it would spread"},
		{"too short", start + `\077\200\0\0\0\0\0\0`, "", "1 sample of 1600: within half a second"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Decoder{FFmpeg: script(t, "printf '"+tt.text+"'"), FFprobe: probe}.Sound(t.Context(), clip, 8000)
			switch {
			case tt.want == "" && (err != nil || len(s.Samples) != 1 || s.Samples[0] != 0.5):
				t.Errorf("%v, %v, want one sample of 0.5", s, err)
			case tt.want != "" && (err == nil || !strings.HasPrefix(
				err.Error(), clip+": ",
			) || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("%v, want %q\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
	_, err := Decoder{
		FFmpeg: script(t, "printf '"+start+"'; cat /dev/zero"), FFprobe: probe, MaxBytes: 1 << 16,
	}.Sound(t.Context(), clip, 8000)
	if _, other := errors.AsType[*data.UnsupportedError](err); !other ||
		!strings.Contains(err.Error(), "more than 65536 bytes of sound") {
		t.Errorf("endless sound: %v", err)
	}
}

// TestCallerLeaves ends the processes, children too, when the caller's context ends.
func TestCallerLeaves(t *testing.T) {
	ids := filepath.Join(t.TempDir(), "ids")
	d := Decoder{
		FFprobe: script(t, fmt.Sprintf("sleep 60 & echo $$ $! > '%s.new'; mv '%s.new' '%s'; wait", ids, ids, ids)),
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(ids); err == nil {
				cancel()
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	if _, err := d.Frames(ctx, clipFile(t), Options{}); !errors.Is(err, context.Canceled) ||
		!strings.Contains(err.Error(), "clip.mp4") {
		t.Errorf("a caller that leaves: %v, want its context's error", err)
	}
	b, err := os.ReadFile(ids)
	if err != nil {
		t.Fatal(err)
	}
	var process, child int
	if _, err := fmt.Sscan(string(b), &process, &child); err != nil {
		t.Fatal(err)
	}
	for range 200 { // the child is init's to bury
		if syscall.Kill(child, 0) != nil || isZombie(child) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the child %d of %d is still there", child, process)
}

// isZombie reports whether a process is dead but not buried, on Linux.
func isZombie(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(b), ") Z ")
}

// TestEnvironment keeps reports out, which would be files beside the data.
func TestEnvironment(t *testing.T) {
	t.Setenv("FFREPORT", "file=report.log")
	d := Decoder{FFprobe: script(t, `echo "report <$FFREPORT> colour <$AV_LOG_FORCE_NOCOLOR>" >&2; exit 1`)}
	if _, err := d.Probe(t.Context(), clipFile(t)); err == nil ||
		!strings.Contains(err.Error(), "report <> colour <1>") {
		t.Errorf("%v, want no report and no colour", err)
	}
}

// TestMemory asks a process for its own bound.
func TestMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("memory is bounded on Linux alone")
	}
	// The bound is set just after the start.
	d := Decoder{FFprobe: script(t, "sleep 0.3; echo bound $(ulimit -v) >&2; exit 1"), MaxMemory: 1 << 30}
	if _, err := d.Probe(t.Context(), clipFile(t)); err == nil || !strings.HasSuffix(err.Error(), "bound 1048576") {
		t.Errorf("%v, want 1048576 KiB", err)
	}
}

// TestArguments bounds what the programs may open and how many threads they take.
func TestArguments(t *testing.T) {
	clip := clipFile(t)
	d := Decoder{FFprobe: script(t, `echo "$@" >&2; exit 1`), Threads: 3}
	_, err := d.Probe(t.Context(), clip)
	said := fmt.Sprint(err)
	if broken, ok := errors.AsType[*data.FormatError](err); !ok || len(broken.Reason) > 210 {
		t.Errorf("%v, want a short reason", err)
	}
	args := strings.Join(d.input(clip), " ")
	for _, want := range []string{
		"-protocol_whitelist file -format_whitelist ", "-threads 3", "-max_pixels 67108864", "-i file:" + clip,
	} {
		if !strings.Contains(args, want) {
			t.Errorf("arguments %s, want %s (%s)", args, want, said)
		}
	}
	for _, list := range []string{"hls", "concat", "dash", "sdp", "image2", "lavfi", "rtsp", "tee", "imf"} {
		if strings.Contains(","+formats+",", ","+list+",") {
			t.Errorf("%s may be opened, which reaches other files", list)
		}
	}
}
