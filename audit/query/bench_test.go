package query

import "testing"

func BenchmarkTokens(b *testing.B) {
	for name, text := range map[string]string{
		"id":        "user-000112",
		"name":      "Policy Evaluation",
		"userAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36",
		"accents":   "Zoë Müller, Généralités",
		"hangul":    "한국어 감사 기록",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			tokens := make([]string, 0, 32)
			for b.Loop() {
				tokens = AppendTokens(tokens[:0], text)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for name, search := range map[string]string{
		"words":  "payroll denied",
		"fields": `result:Denied user:person7@* -"identity provider" time:>=now-1day (source_ip:10.0.0.0/8 OR has:session)`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(search, testNow); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
