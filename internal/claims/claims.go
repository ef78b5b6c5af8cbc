package claims

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/primewindow/primewindow/internal/whole"
)

// Usual times of a [Folder].
const (
	UsualStale = 5 * time.Minute
	UsualBeat  = 20 * time.Second
)

// What is in a claim's folder.
const (
	ownerFile = "owner.json"
	beatFile  = "beat"
	endFile   = "end.json"
)

// Folder is where the claims of some work lie.
type Folder struct {
	Dir   string
	Owner Owner         // of the claims that are taken here
	Stale time.Duration // without a heartbeat for so long a claim may be taken over; 0: UsualStale
	Beat  time.Duration // between two heartbeats; 0: UsualBeat
}

// Owner says who holds a claim.
type Owner struct {
	Host    string `json:"host"`
	Process int    `json:"process"`
	Began   uint64 `json:"began,omitempty"` // of the process, in the host's ticks since it started: numbers come again
	Boot    string `json:"boot,omitempty"`  // of the host
	Job     string `json:"job,omitempty"`   // of a scheduler, for example 17_3
}

func (o Owner) String() string {
	text := fmt.Sprintf("%s, process %d", o.Host, o.Process)
	if o.Job != "" {
		text += ", job " + o.Job
	}
	return text
}

// End is how a claim came to an end.
type End struct {
	// Done: the work was done. Failed: it cannot be. Else it was given back, for somebody to go on with.
	Done   bool   `json:"done,omitempty"`
	Failed bool   `json:"failed,omitempty"`
	Why    string `json:"why,omitempty"`
}

// State is what there is to know of a piece of work.
type State struct {
	Attempt int           // the last one; 0 when nobody has tried
	Owner   Owner         // of it
	Age     time.Duration // since its last heartbeat, as long as it is under way
	Ended   *End          // nil as long as it is under way, or its owner is gone
	Gone    bool          // its owner does not live any more, or has not given a sign for Stale
	Died    int           // attempts whose owners were gone before they ended
}

// Open reports whether somebody may take the work.
func (s State) Open() bool {
	return s.Attempt == 0 || s.Gone || s.Ended != nil && !s.Ended.Done && !s.Ended.Failed
}

// Claim is held by this process until it is ended.
type Claim struct {
	Key     string
	Attempt int
	Before  State // what was known of the work when it was taken

	folder Folder
	stop   chan struct{}
	done   sync.WaitGroup
	lost   chan struct{}
}

// Take takes a piece of work that nobody has, that was given back, or whose owner is gone; nil where somebody has it,
// or it is done or failed. Keys are letters, digits, - and _.
func (f Folder) Take(key string) (*Claim, error) {
	if strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" || key == "" {
		return nil, fmt.Errorf("claims: key %q", key)
	}
	state, err := f.Look(key)
	if err != nil || !state.Open() {
		return nil, err
	}
	if err := os.MkdirAll(f.Dir, 0o777); err != nil {
		return nil, err
	}
	c := &Claim{
		Key: key, Attempt: state.Attempt + 1, Before: state, folder: f, stop: make(chan struct{}),
		lost: make(chan struct{}),
	}
	// The one call that decides. What follows may be late: a folder without an owner's file counts as young until it is
	// stale by its own age.
	if err := os.Mkdir(c.Dir(), 0o777); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, nil // another was quicker
		}
		return nil, err
	}
	text, err := json.Marshal(f.Owner)
	if err == nil {
		err = whole.WriteFile(filepath.Join(c.Dir(), ownerFile), text)
	}
	if err == nil {
		err = c.beat(0)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(c.Dir()))
	}
	c.done.Go(c.renew)
	return c, nil
}

// Path is the folder of an attempt, in which its owner may leave files of its own.
func (f Folder) Path(key string, attempt int) string {
	return filepath.Join(f.Dir, fmt.Sprintf("%s.%d", key, attempt))
}

// beat gives a sign of life.
func (c *Claim) beat(n int) error {
	return whole.WriteFile(filepath.Join(c.Dir(), beatFile), []byte(strconv.Itoa(n)+"\n"))
}

// renew gives signs of life until the claim ends. One that fails, as on a full disk, is tried again at the next turn:
// what counts is whether another has taken over, which is looked for at each turn.
func (c *Claim) renew() {
	tick := time.NewTicker(cmp.Or(c.folder.Beat, UsualBeat))
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-c.stop:
			return
		case <-tick.C:
		}
		if last, err := c.folder.last(c.Key); err == nil && last != c.Attempt {
			close(c.lost)
			return
		}
		_ = c.beat(n)
	}
}

// Lost is closed when another process has taken the claim over.
func (c *Claim) Lost() <-chan struct{} { return c.lost }

// Finish ends the claim. One that was taken over meanwhile stays the other's.
func (c *Claim) Finish(how End) error {
	close(c.stop)
	c.done.Wait()
	return c.folder.end(c.Key, c.Attempt, how)
}

// end notes how an attempt ended.
func (f Folder) end(key string, attempt int, how End) error {
	text, err := json.Marshal(how)
	if err != nil {
		return err
	}
	return whole.WriteFile(filepath.Join(f.Path(key, attempt), endFile), text)
}

// Dir is the claim's folder, see [Folder.Path].
func (c *Claim) Dir() string { return c.folder.Path(c.Key, c.Attempt) }

// Look tells what is known of a piece of work. It reads that work's folders alone.
func (f Folder) Look(key string) (State, error) {
	n, err := f.last(key)
	if err != nil || n == 0 {
		return State{}, err
	}
	return f.state(key, n, sync.OnceValue(f.now)), nil
}

// All tells what is known of each piece of work that somebody has tried.
func (f Folder) All() (map[string]State, error) {
	attempts, err := f.attempts()
	if err != nil || len(attempts) == 0 {
		return nil, err
	}
	now, all := sync.OnceValue(f.now), map[string]State{}
	for key, n := range attempts {
		all[key] = f.state(key, n, now)
	}
	return all, nil
}

// state is what n attempts tell.
func (f Folder) state(key string, n int, now func() time.Time) (s State) {
	for i := range n {
		one := f.look(key, i+1, now)
		one.Died = s.Died
		// An attempt that another has followed without its having ended was its owner's last.
		if one.Ended == nil && (one.Gone || i+1 < n) {
			one.Died++
		}
		s = one
	}
	return s
}

// attempts gives the last attempt of each key.
func (f Folder) attempts() (map[string]int, error) {
	entries, err := os.ReadDir(f.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	all := map[string]int{}
	for _, e := range entries {
		key, text, _ := strings.Cut(e.Name(), ".")
		if n, err := strconv.Atoi(text); err == nil && n > 0 && key != "" {
			all[key] = max(all[key], n)
		}
	}
	return all, err
}

// last is the last attempt of a key; they are numbered without gaps.
func (f Folder) last(key string) (n int, err error) {
	for ; ; n++ {
		if _, err := os.Stat(f.Path(key, n+1)); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
			return n, err
		}
	}
}

// now is the time by the clock that gives files their times, which on a shared file system need not be this machine's.
// For those who may only look, and on a full disk, this machine's has to do.
func (f Folder) now() time.Time {
	file, err := os.CreateTemp(f.Dir, ".now-")
	if err != nil {
		return time.Now()
	}
	defer func() { _ = os.Remove(file.Name()) }() // one that stays is in nobody's way
	_, err = file.WriteString("now")
	if err := errors.Join(err, file.Close()); err != nil {
		return time.Now()
	}
	st, err := os.Stat(file.Name())
	if err != nil {
		return time.Now()
	}
	return st.ModTime()
}

// look reads one attempt. What cannot be read is taken to be absent: a file that is damaged names no owner, and the
// attempt counts by its age.
func (f Folder) look(key string, n int, now func() time.Time) State {
	dir := f.Path(key, n)
	s := State{Attempt: n}
	if text, err := os.ReadFile(filepath.Join(dir, ownerFile)); err == nil {
		_ = json.Unmarshal(text, &s.Owner)
	}
	if end, err := f.Ended(key, n); err == nil {
		s.Ended = end
	}
	if s.Ended != nil {
		return s
	}
	for _, path := range []string{filepath.Join(dir, beatFile), dir} {
		if st, err := os.Stat(path); err == nil {
			s.Age = max(0, now().Sub(st.ModTime()))
			break
		}
	}
	s.Gone = s.Age > cmp.Or(f.Stale, UsualStale) || s.Owner.dead()
	return s
}

// Ended is how an attempt ended; nil where it has not.
func (f Folder) Ended(key string, attempt int) (*End, error) {
	text, err := os.ReadFile(filepath.Join(f.Path(key, attempt), endFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var end End
	return &end, json.Unmarshal(text, &end)
}

// Forget lets work that failed be tried again. Its attempts stay on record, and the deaths among them count no more:
// each is noted as given back.
func (f Folder) Forget(key string, attempts int) error {
	for n := attempts; n > 0; n-- {
		end, err := f.Ended(key, n)
		if err != nil {
			return err
		}
		if end != nil && !end.Failed {
			continue
		}
		again := End{Why: "to be tried again"}
		if end != nil {
			again.Why += ": " + end.Why
		}
		if err := f.end(key, n, again); err != nil {
			return err
		}
	}
	return nil
}
