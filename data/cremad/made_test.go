package cremad

import (
	"fmt"
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// loader is opened with settings under which tests are quick.
var loader = datatest.Loader{Open: Open, Check: Check, Small: map[string]any{"image_side": 16, "val_share": 0}}

// madeRate is the owners' sample rate, in Hz.
const madeRate = 16000

// madeID is the clip of an actor in a mood.
func madeID(actor, mood int) string {
	return fmt.Sprintf("%d_IEO_%s_XX", 1001+actor, codes[mood])
}

// madeSet is a set of some actors who say one sentence in all moods: a tone of 100 Hz times the mood's number + 2, of
// 1.25 seconds, and five frames of 48x36 pixels, grey of level 40 times the frame's number.
func madeSet(tb testing.TB, actors int) datatest.Files {
	tb.Helper()
	m := datatest.Files{}
	for f := range 5 {
		grey := datatest.JPEG(tb, datatest.Grey(48, 36, uint8(40*f)))
		for a := range actors {
			for mood := range codes {
				m[fmt.Sprintf("cremad/Image-01-FPS/%s/%05d.jpg", madeID(a, mood), 29*f)] = grey
			}
		}
	}
	for mood := range codes {
		sound := datatest.WAV(madeRate, datatest.Tone(madeRate*5/4, float64(100*(mood+2))/madeRate))
		for a := range actors {
			m["cremad/AudioWAV/"+madeID(a, mood)+".wav"] = sound
		}
	}
	return m
}

// addLists adds the usual lists: the last clip of each actor is tested.
func addLists(m datatest.Files, actors int, bom string) {
	train, test := bom, bom
	for a := range actors {
		for mood, code := range codes {
			row := madeID(a, mood) + "," + code + "\r\n"
			if mood == len(codes)-1 {
				test += row
			} else {
				train += row
			}
		}
	}
	m["cremad/train.csv"], m["cremad/test.csv"] = []byte(train), []byte(test)
}

// flv is a video as the owners have them, of one colour, or the test is skipped.
func flv(tb testing.TB, colour string, seconds float64) []byte {
	tb.Helper()
	return datatest.FFmpeg(
		tb, ".flv", "-f", "lavfi", "-i", fmt.Sprintf("color=c=%s:s=96x72:r=30:d=%v", colour, seconds), "-c:v", "flv",
		"-q:v", "2",
	)
}
