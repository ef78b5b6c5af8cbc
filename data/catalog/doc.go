// Package catalog lists the sets, finds their files, and opens and checks them.
//
// Start with [Open]. A set is one [data.Source], which its loader exports; builtIn lists those that come with the
// program, and [Register] adds another. [Problem] makes one line and a hint of what a loader returns.
package catalog
