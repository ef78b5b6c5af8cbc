package text

// What tests compare with other implementations.
var (
	SplitBERT  = splitBERT
	SplitBytes = splitBytes
	ByteName   = byteName
)

// NormalizeBERT is BERT's normalisation, of which lower case and accents may be left alone.
func NormalizeBERT(low bool) func(string) string {
	return bert{clean: true, apart: true, accent: low, lower: low}.apply
}
