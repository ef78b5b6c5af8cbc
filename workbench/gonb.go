package workbench

import (
	"encoding/gob"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// kernelTime is how long the kernel may take to open its end of a pipe, to take a message, or to answer.
const kernelTime = 2 * time.Second

// kernel is the way to the notebook: two named pipes that GoNB makes for each cell. It may be opened only once
// in a process, since GoNB stops listening when it is closed.
type kernel struct {
	mu     sync.Mutex
	opened bool
	broken error
	out    *os.File
	enc    *gob.Encoder
	acks   chan int // numbers of the syncs that were answered
	syncs  int
}

// notebook is this process's way to the notebook; it is opened when something is shown.
var notebook kernel

// inNotebook reports whether this process is a notebook's cell.
func inNotebook() bool { return os.Getenv(protocol.GONB_PIPE_ENV) != "" }

func (k *kernel) open() error {
	if k.opened {
		return k.broken
	}
	k.opened = true
	gob.Register(map[string]any{}) // what a Vega-Lite spec and image sizes consist of
	gob.Register([]any{})
	deadline := time.Now().Add(kernelTime)
	for {
		// Without O_NONBLOCK this would wait for ever for a kernel that has ended.
		k.out, k.broken = os.OpenFile(os.Getenv(protocol.GONB_PIPE_ENV), os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if !errors.Is(k.broken, syscall.ENXIO) || time.Now().After(deadline) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if k.broken != nil {
		return k.broken
	}
	k.enc = gob.NewEncoder(k.out)
	k.acks = make(chan int, 16)
	go k.listen(os.Getenv(protocol.GONB_PIPE_BACK_ENV))
	return nil
}

// listen takes the kernel's answers for as long as the process lives.
func (k *kernel) listen(path string) {
	in, err := os.Open(path) // waits until the kernel opens its end
	if err != nil {
		return // no answer comes; sync stops waiting by itself
	}
	for dec := gob.NewDecoder(in); ; {
		var v protocol.CommValue
		if dec.Decode(&v) != nil {
			return
		}
		if n, ok := v.Value.(int); ok && v.Address == protocol.GonbuiSyncAckAddress {
			select {
			case k.acks <- n:
			default: // nobody waits
			}
		}
	}
}

// send shows something in the notebook. An error is final: nothing more can be shown by this process.
func (k *kernel) send(d *protocol.DisplayData) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.sendLocked(d)
}

func (k *kernel) sendLocked(d *protocol.DisplayData) error {
	if err := k.open(); err != nil {
		return err
	}
	_ = k.out.SetWriteDeadline(time.Now().Add(kernelTime)) // where there are no deadlines the write may wait
	k.broken = k.enc.Encode(d)
	return k.broken
}

// sync waits until the kernel has passed on all that was sent: it drops what is under way when a cell ends.
func (k *kernel) sync() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.opened || k.broken != nil {
		return
	}
	k.syncs++
	ask := &protocol.CommValue{Address: protocol.GonbuiSyncAddress, Value: k.syncs}
	if k.sendLocked(&protocol.DisplayData{Data: map[protocol.MIMEType]any{protocol.MIMECommValue: ask}}) != nil {
		return
	}
	for late := time.After(kernelTime); ; {
		select {
		case n := <-k.acks:
			if n == k.syncs {
				return
			}
		case <-late:
			k.broken = errors.New("workbench: the kernel does not answer")
			return
		}
	}
}
