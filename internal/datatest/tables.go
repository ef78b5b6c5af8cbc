package datatest

import (
	"slices"
	"strings"
)

// Tables are a table's file, whose lines end in line feeds, as [Texts] has it, and rows that are none. Their fields are
// separated by commas or blanks, or each row is an object of JSON.
func Tables(text string) []Odd {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	doubled := make([]string, len(lines))
	for i, line := range lines {
		doubled[i] = line + line[max(0, strings.LastIndexByte(line, ',')):]
	}
	return append(Texts(text),
		Odd{"empty", "", nil, ": ", "", false, "a copy that never began"},
		Odd{"blank lines", "", []byte("\n\n\r\n\n"), ": ", "", false, "no rows"},
		Odd{
			"half", "", []byte(text[:len(text)-len(lines[len(lines)-1])/2-1]), ": ", "", false,
			"cut within its last row",
		},
		Odd{
			"NUL in a field", "", []byte(text[:len(text)-2] + "\x00" + text[len(text)-2:]), "a NUL, want text",
			"bring it again", false, "damaged",
		},
		Odd{
			"a million columns", "", []byte(text + strings.Repeat(",", 1e6) + "\n"), ": ", "", false,
			"a row without end",
		},
		Odd{
			"a row of 4 MiB", "", []byte(text + strings.Repeat("x", 4<<20) + "\n"), ": ", "", false,
			"not another table",
		},
		Odd{
			"a field of 4 MiB", "",
			[]byte(
				strings.Join(
					lines[:len(lines)-1], "\n",
				) + "\n" + strings.Repeat("y", 4<<20) + lines[len(lines)-1] + "\n",
			),
			": ", "", false, "the name of nothing",
		},
		Odd{"a quote that stays open", "", []byte(text + "\"a,b\n"), ": ", "", false, "the rest is one field"},
		Odd{
			"last column twice", "", []byte(strings.Join(doubled, "\n") + "\n"), ": ", "", false,
			"two columns of a name: which one is meant",
		},
		Odd{
			"escapes", "", []byte(text + "\x1b[2J\x1b]0;x\x07\n"), ": ", "", false,
			"a message does nothing to a terminal",
		},
		Odd{"no end of the last line", "", []byte(strings.TrimSuffix(text, "\n")), "", "", false, "an editor's habit"},
		Odd{"blank lines behind", "", []byte(text + "\n\n"), "", "", false, "likewise"},
	)
}

// Videos are files that are no whole videos, made of a whole one.
func Videos(whole []byte) []Odd {
	return []Odd{
		{"the same", "", whole, "", "", false, "the usual"},
		{"empty", "", nil, "empty", "bring the file again", false, "a copy that never began"},
		{"its beginning", "", whole[:16], ": ", "", false, "cut off"},
		{"half", "", whole[:len(whole)/2], ": ", "", false, "cut off"},
		{"nine tenths", "", whole[:len(whole)*8/10], ": ", "", false, "cut off"},
		{
			"half and zeros", "", append(slices.Clone(whole[:len(whole)/2]), make([]byte, len(whole)/2)...), ": ", "",
			false, "a download into a file that had its size before",
		},
		{"text", "", []byte(strings.Repeat("no moving pictures\n", 100)), ": ", "", false, "another file"},
		{"a recording", "", WAV(8000, Tone(8000, 0.1)), ": ", "", false, "no pictures"},
		{
			"a list of other files", "", []byte("#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n"), ": ", "", false,
			"leads out of the set",
		},
		{"a script", "", []byte("ffconcat version 1.0\nfile /etc/hostname\n"), ": ", "", false, "likewise"},
	}
}
