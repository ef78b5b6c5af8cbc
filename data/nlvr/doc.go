// Package nlvr reads NLVR (A. Suhr, M. Lewis, J. Yeh, Y. Artzi, ACL 2017): sentences about made pictures of boxes with
// shapes, true or false. Neither the picture nor the sentence tells alone: chance is all that either reaches.
//
// Start with [Open]. The files lie in one folder:
//
//	nlvr/nlvr.csv      split,identifier,image,label,sentence; split is dev, hidden or test, label true or false
//	nlvr/images.zip    the images by name, PNG of 400x100 pixels
//
// Rules, stated once:
//
//   - Splits dev and hidden are trained on, test is the test split. A share of the training sentences, drawn by
//     data_seed, is the validation split with all their images: no sentence is in both. The publisher's test split
//     shares a few sentences, about other images, with the others.
//   - An image is shrunk by means of blocks of pixels; values are in [0, 1].
//   - A sentence is the sequence of its words, runs of letters and digits in lower case, each the code of one of F
//     places: the place of the word in the alphabetical list of the training split's words, or the last place for any
//     other. Behind its end all places are 0. A convolution over it is a convolution over learnt embeddings.
package nlvr
