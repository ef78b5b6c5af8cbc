// Package hatefulmemes reads the Hateful Memes Challenge (D. Kiela and others, NeurIPS 2020): pictures with a sentence
// on them, hateful or not. Many sentences and pictures stand in it twice, so that only both together tell.
//
// Start with [Open]. The owners' files are read as they are, and those of the challenge's second phase where they are
// there:
//
//	hatefulmemes/img/40001.png         the pictures
//	hatefulmemes/train.jsonl           {"id":40001,"img":"img/40001.png","label":0,"text":"..."}, a line each
//	hatefulmemes/dev.jsonl             or dev_seen.jsonl and dev_unseen.jsonl
//	hatefulmemes/test.jsonl            or test_seen.jsonl and test_unseen.jsonl
//
// Rules, stated once:
//
//   - The test split is the list of the setting test: by default test_seen or test, and where these have no labels, as
//     first given out, dev_seen or dev. The validation split is the list of the setting val: by default dev_seen or
//     dev, and where that is the test split, a share of each class of the training list. A meme that is in two lists is
//     an error; dev_seen and dev_unseen share 400.
//   - Memes with one sentence, but for case and white space, or one picture, byte for byte, are a group. No group is in
//     training and validation where the latter is drawn. The owners' lists share groups, and a check of the set tells.
//   - Fields of a line other than the four are passed over. A label is 0 or 1, a sentence is not empty, and a picture
//     lies below the list's folder. With skip_broken, lines that say otherwise are left out and listed.
//   - In training a picture is cropped at random, resized, and mirrored half of the time; otherwise it is resized
//     whole. Both are shifted and scaled by ImageNet's mean and deviation. Before that it is reduced so that its short
//     side is at most picture_side.
//   - A sentence is the ids of its first tokens, 0 behind its end. The vocabulary is trained on the sentences of the
//     training split, or read from a file. How many sentences are cut off is in the provenance.
//   - What is absent or empty is found when the set is opened, what is broken inside when it is read. Links are
//     followed.
package hatefulmemes
