package folder

import (
	"bytes"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/video"
)

// Kinds of files that a sub-folder may hold.
const (
	recordings = "recordings"
	images     = "images"
	videos     = "videos"
	arrays     = "arrays"
	texts      = "texts"
)

// extensions of files that are read, by kind: they decide where the content does not tell, as in an empty file.
var extensions = map[string]string{
	".wav": recordings, ".mp3": recordings, ".flac": recordings, ".ogg": recordings, ".m4a": recordings,
	".png": images, ".jpg": images, ".jpeg": images, ".gif": images, ".webp": images, ".bmp": images, ".tif": images,
	".tiff": images, ".heic": images, ".heif": images, ".avif": images, ".jxl": images, ".jp2": images,
	".mp4": videos, ".avi": videos, ".flv": videos, ".mkv": videos, ".webm": videos, ".mov": videos,
	".npy": arrays, ".txt": texts,
}

// headBytes is how much of a file tells its kind.
const headBytes = 512

// kind tells what a file is by its first bytes, else by its name; empty for what is not read.
func (l *loader) kind(name string) string {
	byName := extensions[strings.ToLower(path.Ext(name))]
	f, _, err := data.OpenFile(l.full(name))
	if err != nil {
		return byName // whoever reads it says why
	}
	defer f.Close()
	b := make([]byte, headBytes)
	n, err := io.ReadFull(f, b)
	if n == 0 {
		return byName
	}
	b = b[:n]
	begins := func(at int, text string) bool { return len(b) >= at+len(text) && string(b[at:at+len(text)]) == text }
	switch {
	case byName != texts && video.OtherPicture(b) != "": // called by its name when it is read
		return images
	case begins(0, "RIFF") && begins(8, "AVI "), begins(4, "ftyp") && byName != recordings, begins(0, "FLV\x01"),
		begins(0, "\x1a\x45\xdf\xa3"):
		return videos
	case begins(0, "RIFF") && begins(8, "WAVE"), begins(0, "fLaC"), begins(0, "OggS"), begins(0, "ID3"),
		begins(4, "ftyp"):
		return recordings
	case begins(0, "\x89PNG\r\n\x1a\n"), begins(0, "\xff\xd8\xff"), begins(0, "GIF8"):
		return images
	case begins(0, "\x93NUMPY"):
		return arrays
	case begins(8, "WAVE"), begins(24, "wave\xf3\xac\xd3\x11"): // RIFX, RF64, BW64 and Sony's W64
		return recordings
	case byName == "" && err != nil && utf8.Valid(b) && !bytes.ContainsRune(b, 0): // a short text under another name
		return texts
	}
	return byName
}
