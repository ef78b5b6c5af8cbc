package workbench

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
)

// Ways of output.
const (
	plain    = iota // a file or a pipe: lines that stay
	terminal        // one line is written over
	cells           // a notebook: text and pictures are updated in place
)

// screen is where a verb's output goes.
type screen struct {
	way  int
	w    io.Writer                         // of text, unless in a notebook
	send func(*protocol.DisplayData) error // in a notebook
	sync func()
}

func newScreen() *screen {
	s := &screen{w: os.Stdout, send: notebook.send, sync: notebook.sync}
	switch {
	case inNotebook():
		s.way = cells
	case isTerminal(os.Stdout):
		s.way = terminal
	}
	return s
}

func isTerminal(f *os.File) bool {
	st, err := f.Stat()
	if err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(st, null)
}

// flush waits until the notebook has all that was shown.
func (s *screen) flush() {
	if s.way == cells {
		s.sync()
	}
}

// displayID names an output so that it can be replaced.
func displayID() string { return fmt.Sprintf("primewindow-%016x", rand.Uint64()) }

// print shows lines of text.
func (s *screen) print(text string) { s.replace("", text) }

// replace shows text as the output of that name, or as a new one.
func (s *screen) replace(id, text string) {
	text = strings.TrimRight(text, "\n")
	if s.way == cells {
		err := s.send(
			&protocol.DisplayData{Data: map[protocol.MIMEType]any{protocol.MIMETextPlain: text}, DisplayID: id},
		)
		if err == nil || id != "" {
			return
		}
	}
	fmt.Fprintln(s.w, text)
}

// vegaLite is the MIME type under which JupyterLab draws a spec, offline.
const vegaLite = "application/vnd.vegalite.v5+json"

// bundle is a figure in every form: a reader shows the best that it can.
func bundle(f *wire.Figure, id string) *protocol.DisplayData {
	d := &protocol.DisplayData{
		Data:      map[protocol.MIMEType]any{protocol.MIMETextPlain: f.Text},
		DisplayID: id,
	}
	if len(f.PNG) > 0 {
		d.Data[protocol.MIMEImagePNG] = f.PNG
		if f.Width > 0 && f.Height > 0 {
			d.Metadata = map[string]any{
				string(protocol.MIMEImagePNG): map[string]any{"width": f.Width, "height": f.Height},
			}
		}
	}
	if len(f.Spec) > 0 {
		d.Data[vegaLite] = f.Spec
	}
	return d
}

// figure shows a figure: in a notebook as a bundle, elsewhere as a file in dir whose path is printed.
func (s *screen) figure(f *wire.Figure, dir, kind string) error {
	if s.way == cells && s.send(bundle(f, "")) == nil {
		return nil
	}
	path, err := writeFigure(f, dir, kind)
	if err != nil {
		return err
	}
	s.print(path + "\n" + f.Text)
	return nil
}

// writeFigure keeps the picture in a run's folder; one that lies there unchanged is left alone.
func writeFigure(f *wire.Figure, dir, kind string) (string, error) {
	path := filepath.Join(dir, "figures", kind+".png")
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, f.PNG) {
		return path, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", &wire.Problem{Message: fmt.Sprintf("figure: %v", err), Hint: "is the run's folder writable?"}
	}
	if err := whole.WriteFile(path, f.PNG); err != nil {
		return "", &wire.Problem{
			Message: fmt.Sprintf("figure: %v", err), Hint: "is the run's folder writable, and is there space?",
		}
	}
	return path, nil
}

// block is text that grows while something goes on: lines that stay, and a last one that is written over.
type block struct {
	s    *screen
	id   string
	mu   sync.Mutex
	kept []string
	last string
	seen bool // the notebook shows something
}

func (s *screen) block() *block { return &block{s: s, id: displayID()} }

// now replaces the last line. Where lines cannot be replaced it shows nothing.
func (b *block) now(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if line == b.last {
		return
	}
	b.last = line
	b.draw()
}

// keep adds a line that stays, above the last one.
func (b *block) keep(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = append(b.kept, line)
	if b.s.way != cells {
		b.wipe()
		fmt.Fprintln(b.s.w, line)
	}
	b.draw()
}

// end replaces the last line by one that stays; without one the last line is taken away.
func (b *block) end(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.s.way == cells {
		b.last = line
		b.draw()
		return
	}
	b.wipe()
	b.last = ""
	if line != "" {
		fmt.Fprintln(b.s.w, line)
	}
}

// wipe clears the last line of a terminal.
func (b *block) wipe() {
	if b.s.way == terminal && b.last != "" {
		fmt.Fprint(b.s.w, "\r\x1b[K")
	}
}

func (b *block) draw() {
	switch b.s.way {
	case cells:
		lines := b.kept
		if b.last != "" {
			lines = append(slices.Clip(lines), b.last)
		}
		if len(lines) > 0 || b.seen {
			b.seen = true
			b.s.replace(b.id, strings.Join(lines, "\n"))
		}
	case terminal:
		if b.last != "" { // without wrapping: a line that is too long is cut, not scrolled
			fmt.Fprintf(b.s.w, "\r\x1b[?7l%s\x1b[K\x1b[?7h", b.last)
		}
	}
}
