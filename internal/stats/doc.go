// Package stats is the one maker of the numbers that sum up runs: means over seeds, and paired differences with their
// intervals. Package holm corrects the p of these for their number.
//
// Start with [Summarise] and [Difference], which take one value a seed.
//
// Rules, stated once:
//
//   - Values are in the order of their seeds, so that sums are the same each time.
//   - Intervals cover 95 % by Student's t. With one value, and with equal ones, there is no interval and no p.
package stats
