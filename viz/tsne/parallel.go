package tsne

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// each calls f(0) to f(count-1), several at a time. What f computes may depend on its argument only, so that results do
// not depend on the number of threads.
func each(count int, f func(task int)) {
	workers := min(runtime.GOMAXPROCS(0), count)
	if workers <= 1 {
		for task := range count {
			f(task)
		}
		return
	}
	var next atomic.Int64
	work := func() {
		for task := int(next.Add(1)) - 1; task < count; task = int(next.Add(1)) - 1 {
			f(task)
		}
	}
	var group sync.WaitGroup
	for range workers - 1 {
		group.Go(work)
	}
	work()
	group.Wait()
}

// blocks calls f for [0, n) cut into pieces of size, several at a time, under the rule of each.
func blocks(n, size int, f func(low, high int)) {
	each((n+size-1)/size, func(task int) { f(task*size, min(n, (task+1)*size)) })
}
