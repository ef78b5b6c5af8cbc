// Package shared is what a sweep that several processes train has on disk: its plan, who trains which run, and how far
// that is. It reads and tells; package work in the host trains.
//
// Start with [Look].
package shared
