"""Reference values for package text: in this folder, with tokenizers 0.22.1, python reference.py

Writes vocab.txt, a WordPiece vocabulary; NAME.json, tokenizers of every kind that is read; reference.json, what Hugging
Face's tokenizers makes of the sentences below and what it trains; unicode.json, what it makes of every code point.
No random numbers. The sentences and the words are the project's own.
"""

import json
import zlib

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from tokenizers.implementations import BertWordPieceTokenizer

CORPUS = [
    "There is a blue square above the yellow circle.",
    "There is no black block touching the wall, and two yellow ones do.",
    "At least three towers hold a black item at the base.",
    "One of the boxes holds exactly four small triangles.",
    "I really liked the music, but the plot was thin and it wasn't funny.",
    "We've seen better; they're slow, she'll say it's fine, I'd say I'm bored.",
    "The speaker sounded happy while the words were angry!!",
    "when the signal drops, the louder modality wins and the quiet one is not learnt",
    "Modalities compete: audio learns early, video learns late, text waits.",
    "learning learner learned learns unlearned relearning learnable",
    "walk walks walked walking talk talks talked talking tall taller tallest",
    "In 2025 the loss fell from 1.75 to 0.25, i.e. by 85.7 %.",
    "Ça déjà vu: naïve café, Zürich, coöperate, señor, Ærø, Łódź.",
    "机器学习 很有趣, 多模态 学习 也是",
    "今日はいい天気ですね。 カタカナ も あります",
    "good 👍 bad 👎 fun 😂😂 end",
    "a a a b b b ab ab aab abb aaa bbb aaaa bbbb",
    "x=y+z; f(x)[0] -> {key: 'value'}  # note",
]

SENTENCES = [
    "", " ", "   \t\n  ", "a", "The boxes hold yellow towers.", "THE BOXES HOLD YELLOW TOWERS",
    "unlearnable relearners walked tallest", "There's a block; it isn't blue, they're small & we've won!",
    "Déjà VU naïve CAFÉ", "De\u0301ja\u0300 decomposed cafe\u0301", "Zürich Ærø Łódź straße ẞ ﬁne ﬃ", "İstanbul I ı i̇ ǅ",
    "ΣΊΣΥΦΟΣ ὈΔΥΣΣΕΎΣ", "Привет, МИР! ёлка Й", "שלום עולם", "مَرْحَبًا بالعالم", "नमस्ते दुनिया", "สวัสดีชาวโลก", "안녕 세계 한글",
    "机器学习很有趣", "text机器text", "学 习,学习。多模态!", "今日はいい天気ですね", "カタカナ ｶﾀｶﾅ ＡＢＣ１２３", "\u3400\u4dbf\u9fff\ua000\uf900\U00020000\U0002a6df\U0002b820\U0002b920\U0002f800",
    "good 👍 bad 👎", "😂😂😂", "👩‍👩‍👧 family 🏳️‍🌈 👍🏽", "zero\u200bwidth\u200djoin\ufeffer", "soft\u00adhyphen", "control\x00\x01\x02char\x7f\x80s",
    "tab\tnew\nline\rreturn\x0bvertical\x0cform\x85next", "nbsp\u00a0em\u2003ideo\u3000line\u2028para\u2029x", "private \ue000 use \U0010ffff end", "replace\ufffdment",
    "!!!", "...---***", "?!?!?! wow !?", "a.b,c;d:e", "(x)[y]{z}<w>", "«quoted» “curly” ‘single’ „low“", "em—dash en–dash hy-phen _under_score", "$5 + 3 = 8 ^ ~ ` | \\ /", "100% #tag @user http://a.b/c?d=e&f=g",
    "walking" * 14, "a" * 100, "a" * 101, "é" * 100, "walk" + "\u0301" * 120, "ab" * 60 + " end",
    "[UNK] [PAD] [MASK]", "x[MASK]y [CLS][SEP]", "[mask] [ MASK ] [MASK", "##ing ## #ing #", "  leading and trailing  ", "many    spaces\n\n\nand lines \n x",
    "I'm you're he'll we'd they've it's don't 'S 'RE ''s", "1234567890 3.14 ½ ² Ⅷ ٣٤ 12ab34", "x=y+z; f(x)[0] -> {k: 'v'}", "mixed学习and👍ok", "q w e r t y", "zzz qqq xxxxx unknownword", "ab aab aaab aaaab aaaaab",
    "<pad>x<mask> y  <mask>  z", "wordAB ab AB<sep>AB", "end of text<|end|>again <|end|>",
]

RESERVED = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def vocab():
    words = "the there is a an and of in to no not two three four yellow blue black block box tower circle square triangle small boxes hold holds "
    words += "learn walk talk tall good bad fun wow text mixed end many spaces lines un re family deja vu naive cafe zurich strasse"
    pieces = "ing ed s er ers est able learn walk es ly n ab aab wid th joi hyphen ment ja vu word x1 ок"
    tokens = RESERVED[:1] + ["[unused%d]" % i for i in range(5)] + RESERVED[1:] + list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
    chars = list("abcdefghijklmnopqrstuvwxyz0123456789") + list("机器学习很有趣今日いい天気はですねæøłßiσδυεςпривтмлкйеשבאα안안ㅎ½²👍👎😂€—“”«»।。가ア")
    tokens += chars + ["##" + c for c in chars] + words.split() + ["##" + p for p in pieces.split()] + ["ᄒ", "##ᅡ", "##ᆫ", "##ﬁ"]
    return list(dict.fromkeys(tokens))


def encode(tok, text):
    return tok.encode(text, add_special_tokens=False).ids


def bpe(vocab_size, prefix=False, lower=False, reserved=("[PAD]", "[UNK]")):
    tok = Tokenizer(models.BPE())
    if lower:
        tok.normalizer = normalizers.Lowercase()
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tok.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, min_frequency=2, show_progress=False, special_tokens=list(reserved),
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tok.train_from_iterator(CORPUS, trainer)
    return tok


def kinds():
    """Tokenizers by name; a file that Open reads for each."""
    tokens = {t: i for i, t in enumerate(vocab())}
    wordpiece = lambda: Tokenizer(models.WordPiece(tokens, unk_token="[UNK]", max_input_chars_per_word=100))
    bert = BertWordPieceTokenizer(dict(tokens), lowercase=True)._tokenizer
    cased = BertWordPieceTokenizer(dict(tokens), lowercase=False)._tokenizer
    accents = BertWordPieceTokenizer(dict(tokens), lowercase=True, strip_accents=False, clean_text=False, handle_chinese_chars=False)._tokenizer
    forms = wordpiece()
    forms.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.NFKC()])
    forms.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    forms.add_tokens([AddedToken("AB", single_word=True, normalized=True), AddedToken("<sep>", lstrip=True, rstrip=True, normalized=False)])
    short = Tokenizer(models.WordPiece(tokens, unk_token="[UNK]", max_input_chars_per_word=6))
    short.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    plain = bpe(400)
    prefix = bpe(320, prefix=True, lower=True, reserved=["<s>", "<pad>"])
    prefix.add_special_tokens([AddedToken("<mask>", lstrip=True), AddedToken("<|end|>", rstrip=True)])
    prefix.post_processor = processors.ByteLevel(trim_offsets=True)
    composed = bpe(400)
    composed.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.NFC()])
    state = json.loads(composed.to_str())
    state["model"]["ignore_merges"] = True
    del state["model"]["merges"][10:20]  # their tokens are whole words or out of reach
    composed = Tokenizer.from_str(json.dumps(state))
    state = json.loads(plain.to_str())
    kept = set("abcdefghijklmnopqrstuvwxyz")
    small = [t for t in ["[PAD]", "[UNK]", "th", "in", "ing"] + sorted(kept)]
    state["model"].update(vocab={t: i for i, t in enumerate(small)}, merges=["t h", "i n", "in g"], unk_token="[UNK]", fuse_unk=False)
    state["added_tokens"] = []
    unknown = Tokenizer.from_str(json.dumps(state))
    state["model"]["fuse_unk"] = True
    fused = Tokenizer.from_str(json.dumps(state))
    return {"bert": bert, "cased": cased, "accents": accents, "forms": forms, "short": short, "bpe": plain, "bpe_prefix": prefix,
            "bpe_composed": composed, "bpe_unknown": unknown, "bpe_fused": fused}


def blocks(function):
    """A checksum for each 256 code points, by the first; surrogates left out, and planes of private or no use."""
    sums = {}
    for block in [*range(0, 0x32400, 256), *range(0xE0000, 0xE0200, 256)]:
        text = "\n".join(function(chr(c)) for c in range(block, block + 256) if not 0xD800 <= c < 0xE000)
        sums["%X" % block] = "%08x" % zlib.crc32(text.encode())
    return sums


def main():
    with open("vocab.txt", "w", encoding="utf-8", newline="\n") as f:
        f.write("\n".join(vocab()) + "\n")
    tests = []
    for name, tok in kinds().items():
        tok.save(name + ".json", pretty=False)
        ids = [encode(tok, s) for s in SENTENCES]
        tok.decoder = decoders.ByteLevel() if name.startswith("bpe") else decoders.WordPiece(cleanup=False)
        tests.append({"file": name + ".json", "ids": ids, "decoded": [tok.decode(i, skip_special_tokens=False) for i in ids]})
        if name == "bert":
            tests.append(dict(tests[-1], file="vocab.txt"))
    trained = []
    for size, lower in ((258, False), (300, True), (420, False), (5000, False)):
        model = json.loads(bpe(size, lower=lower).to_str())["model"]
        by_id = sorted(model["vocab"], key=model["vocab"].get)
        trained.append({"size": size, "lower": lower, "tokens": by_id[258:], "merges": len(model["merges"])})
    with open("reference.json", "w") as f:
        json.dump({"command": "python reference.py", "tokenizers": tokenizers.__version__, "corpus": CORPUS, "sentences": SENTENCES,
                   "encoded": tests, "trained": trained}, f)
        f.write("\n")
    bert, cased, split = normalizers.BertNormalizer(lowercase=True), normalizers.BertNormalizer(lowercase=False), pre_tokenizers.BertPreTokenizer()
    level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    cut = lambda p: lambda c: "\x1f".join(s for s, _ in p.pre_tokenize_str("a" + c + "1")) if c not in "\x1f" else c
    with open("unicode.json", "w") as f:
        json.dump({"command": "python reference.py", "tokenizers": tokenizers.__version__, "lower": blocks(bert.normalize_str),
                   "cased": blocks(cased.normalize_str), "words": blocks(cut(split)), "bytes": blocks(cut(level))}, f)
        f.write("\n")


if __name__ == "__main__":
    main()
