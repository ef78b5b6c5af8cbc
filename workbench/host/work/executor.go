package work

import "github.com/primewindow/primewindow/internal/shared"

// Executor brings workers about. The state of a sweep is not with it but in the sweep's files, so the process that
// submitted may end, and another may ask.
type Executor interface {
	// Submit has workers train what is left of a plan.
	Submit(p *shared.Plan) error
	// List tells which workers there are.
	List() ([]Task, error)
	// Cancel tells them to save and stop.
	Cancel() error
	// Logs is the end of what a worker has said.
	Logs(t Task) (string, error)
	// Hint says what a user does next.
	Hint() string
}

// Task is a worker, as its executor knows it.
type Task struct {
	Name  string // a process's number, or a job's
	State string // shared.Running, shared.Waiting; shared.Done or shared.Failed where it has ended
	Why   string // it failed
}
