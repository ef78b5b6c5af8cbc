package kineticssounds

import (
	"fmt"
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// loader is opened with settings under which tests are quick.
var loader = datatest.Loader{Open: Open, Check: Check, Small: map[string]any{"image_side": 16, "val_share": 0}}

// madeRate is the field's sample rate, in Hz.
const madeRate = 16000

// madeID is a clip's name, as long as YouTube's.
func madeID(n int) string { return fmt.Sprintf("made-clip_%c_%06d_%06d", 'a'+n, n, n+10) }

// madeSet is a set of eight training clips and four test clips of as many classes: recordings of 1.25 seconds, a tone
// each, and seven frames of 48x36 pixels, grey of level 30 times the frame's number.
func madeSet(tb testing.TB) datatest.Files {
	tb.Helper()
	m, lists := datatest.Files{}, [2]string{}
	for n := range 12 {
		part := []string{"train", "test"}[n/8]
		lists[n/8] += fmt.Sprintf("%s,10,%d\r\n", madeID(n), n)
		m[fmt.Sprintf("kineticssounds/audio/%s/class %d/%s.wav", part, n, madeID(n))] = datatest.WAV(
			madeRate, datatest.Tone(madeRate*5/4, float64(300*(n+1))/madeRate),
		)
		for f := range 7 {
			m[fmt.Sprintf(
				"kineticssounds/visual/%s_img/Image-01-FPS/%s.mp4/%05d.jpg", part, madeID(n), 29*f,
			)] = datatest.JPEG(tb, datatest.Grey(48, 36, uint8(30*f)))
		}
	}
	m["kineticssounds/my_train.txt"], m["kineticssounds/my_test.txt"] = []byte(lists[0]), []byte(lists[1])
	return m
}

// mp4 is a video with a colour and, if wanted, a tone of 1,000 Hz, or the test is skipped.
func mp4(tb testing.TB, colour string, seconds float64, sounds bool) []byte {
	tb.Helper()
	args := []string{"-f", "lavfi", "-i", fmt.Sprintf("color=c=%s:s=96x72:r=25:d=%v", colour, seconds)}
	if sounds {
		args = append(args, "-f", "lavfi", "-i", fmt.Sprintf("sine=f=1000:r=44100:d=%v", seconds), "-c:a", "aac")
	}
	return datatest.FFmpeg(tb, ".mp4", append(args, "-c:v", "mpeg4", "-q:v", "2")...)
}
