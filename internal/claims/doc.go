// Package claims shares work among processes that see one folder, on one machine or many, without locks: flock ends at
// the node's border on many shared file systems, and fails on some.
//
// Start with [Folder.Take]. What the package relies on is that of two processes that make the same folder one fails,
// and that renaming a file is seen whole or not at all. A claim is a folder, KEY.N, of attempt N. Who holds it renews a
// file in it, its heartbeat. Without one for [Folder.Stale] the next attempt may be made: of several that see that, one
// makes the folder KEY.N+1. So nobody waits for a process that was killed, and no clock has to be right: ages are told
// by the times that the file system itself gives to files.
//
// A process that was only asleep may go on after its claim was taken over. It finds that out at its next heartbeat, see
// [Claim.Lost], and what it did meanwhile must do no harm: each attempt has to work in a place of its own, and to
// publish by renaming.
package claims
