// Package tsne lays points of many features out on a plane so that neighbours stay neighbours: t-distributed stochastic
// neighbour embedding (van der Maaten and Hinton 2008; van der Maaten 2014 for the tree). It draws nothing.
//
// Start with [New], which finds neighbours and affinities and places the points; [Map.Run] moves them, [Map.Step] a few
// steps at a time. [Map.Quality] says how far the picture may be believed.
//
// Rules, stated once:
//
//   - Defaults are those of openTSNE 1.0.4, and so are the affinities: a Gaussian over the 3·perplexity nearest
//     neighbours, found exactly. Distances are Euclidean.
//   - Repulsion is summed over all pairs up to [MaxExact] points and over a quadtree above ([Config.Repulsion]
//     overrides).
//   - The same input and [Config] give the same bits on the same machine, whatever GOMAXPROCS is and however the steps
//     are divided over calls. Across architectures this is not promised.
//   - A map is only what it keeps: neighbourhoods. Distances between groups, sizes of groups and empty space mean
//     nothing.
//   - KL is in nats and is comparable only between maps of the same data at the same perplexity.
//   - Nothing is changed that is passed in. One Map is for one goroutine at a time; different maps may run at the same
//     time.
package tsne
