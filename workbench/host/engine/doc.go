// Package engine takes the steps: it builds the graphs of one model under one method, calls them, and carries the state
// from one to the next.
//
// Start with [New] and [Engine.Step]. A [State] is what the optimizer works on; a step makes a new one and leaves the
// old as it is, so that a run can be looked at while it trains. [Engine.Call] is the one place where a panic of
// graph-building code becomes an error.
package engine
