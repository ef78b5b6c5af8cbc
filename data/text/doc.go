// Package text makes token ids of sentences, for encoders that look a vector up for each id.
//
// Start with [Train], which makes a vocabulary from the training split's sentences, or with [Open], which reads BERT's
// vocab.txt or a Hugging Face tokenizer.json. [Tokenizer.Ids] is a sentence as a sample's values.
//
// Rules, stated once:
//
//   - Id 0 is padding and no token of any text, as an encoder with pad=1 wants it. Where a file's token 0 is not its
//     padding, all ids are the file's and [Tokenizer.Offset], which is then 1. One exception: a text in which the
//     file's padding token stands literally, "[PAD]", has id 0 there, and the encoder passes over it.
//   - Ids of a file are those of Hugging Face's tokenizers for encode with add_special_tokens=False.
//   - Encoding adds nothing: no class token and no separator, whatever the file's post-processor would add, and cuts
//     and pads nothing. The encoders here take the mean over all positions, which needs none.
//   - Names of tokens, such as [MASK], are looked for in texts where a file says so, and those of BERT with vocab.txt;
//     a trained vocabulary looks for none, so that no text has padding in it.
//   - A word is unknown as a whole: where WordPiece finds no piece, and where a word has more than 100 characters
//     unless the file has another number, one id of the unknown token stands for the word. Byte-level BPE knows every
//     text.
//   - Letters, marks, punctuation and their lower case are those of Go's Unicode tables. The published libraries each
//     have tables of several older versions, from which the ids of characters that were added or moved since differ.
//   - Bytes that are not UTF-8 count as U+FFFD, a run of them as one. BERT's normalisation drops U+FFFD.
//   - The same texts in the same order train the same vocabulary: what is equally frequent is taken in a stated order.
package text
