package web

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"
)

var mounted = http.StripPrefix("/graphiql", GraphiQL())

func ask(method, target string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	mounted.ServeHTTP(w, r)
	return w.Result()
}

// script is the address of the page's hashed entry script.
func script(t *testing.T) string {
	t.Helper()
	names, err := fs.Glob(graphiqlDist, "graphiql/dist/assets/index-*.js")
	if err != nil || len(names) != 1 {
		t.Fatalf("entry scripts: %v, %v", names, err)
	}
	return "/graphiql/assets/" + path.Base(names[0])
}

func read(t *testing.T, r io.Reader) string {
	t.Helper()
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestAnswersByMethodAndPath(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method, target string
		status         int
		header, value  string
	}{
		"the page may be stored but is checked": {"GET", "/graphiql/", 200, "Cache-Control", "no-cache"},
		"the page is HTML":                      {"GET", "/graphiql/", 200, "Content-Type", "text/html; charset=utf-8"},
		"the page has its file name too":        {"GET", "/graphiql/index.html", 200, "Content-Type", "text/html; charset=utf-8"},
		"the icon is a file":                    {"GET", "/graphiql/favicon.svg", 200, "Content-Type", "image/svg+xml"},
		"hashed names are kept for ever":        {"GET", script(t), 200, "Cache-Control", "public, max-age=31536000, immutable"},
		"scripts are JavaScript":                {"HEAD", script(t), 200, "Content-Type", "text/javascript; charset=utf-8"},
		"a missing slash is added":              {"GET", "/graphiql", 301, "Location", "./graphiql/"},
		"the redirect keeps the query":          {"GET", "/graphiql?a=b", 301, "Location", "./graphiql/?a=b"},
		"an unknown file is not the page":       {"GET", "/graphiql/assets/none.js", 404, "Cache-Control", ""},
		"a folder is not listed":                {"GET", "/graphiql/assets/", 404, "ETag", ""},
		"a path cannot climb":                   {"GET", "/graphiql/../web.go", 404, "ETag", ""},
		"other methods are refused":             {"POST", "/graphiql/", 405, "Allow", "GET, HEAD"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ask(test.method, test.target)
			if got.StatusCode != test.status || got.Header.Get(test.header) != test.value {
				t.Errorf("got %d, %s: %q", got.StatusCode, test.header, got.Header.Get(test.header))
			}
			if policy := got.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none';") {
				t.Errorf("policy %q", policy)
			}
			if got.Header.Get("X-Content-Type-Options") != "nosniff" || got.Header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("headers %v", got.Header)
			}
		})
	}
}

func TestCompressesWhenTheClientAcceptsIt(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"": false, "br": false, "gzip": true, "br, GZIP;q=0.5": true, "gzip;q=0": false, "gzip; q=0.0, br": false, "*": false,
	}
	plain := read(t, ask("GET", script(t)).Body)
	for accepted, want := range tests {
		t.Run(accepted, func(t *testing.T) {
			t.Parallel()
			got := ask("GET", script(t), "Accept-Encoding", accepted)
			if got.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("Vary %q", got.Header.Get("Vary"))
			}
			if !want {
				if got.Header.Get("Content-Encoding") != "" || read(t, got.Body) != plain {
					t.Error("the plain file was not sent")
				}
				return
			}
			unzipped, err := gzip.NewReader(got.Body)
			if err != nil {
				t.Fatal(err)
			}
			if got.Header.Get("Content-Encoding") != "gzip" || read(t, unzipped) != plain {
				t.Error("the compressed file differs")
			}
		})
	}
}

func TestTagsNameTheBytesThatAreSent(t *testing.T) {
	t.Parallel()
	plain := ask("GET", "/graphiql/").Header.Get("ETag")
	gzipped := ask("GET", "/graphiql/", "Accept-Encoding", "gzip").Header.Get("ETag")
	if !strings.HasPrefix(plain, `"`) || plain == gzipped {
		t.Fatalf("tags %s and %s", plain, gzipped)
	}
	known := ask("GET", "/graphiql/", "If-None-Match", plain)
	if known.StatusCode != http.StatusNotModified || read(t, known.Body) != "" {
		t.Errorf("a known tag got %d", known.StatusCode)
	}
	other := ask("GET", "/graphiql/", "If-None-Match", gzipped)
	if other.StatusCode != http.StatusOK {
		t.Errorf("another encoding's tag got %d", other.StatusCode)
	}
}

func TestEveryFileHasAContentType(t *testing.T) {
	t.Parallel()
	err := fs.WalkDir(graphiqlDist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && contentTypes[path.Ext(name)] == "" {
			t.Errorf("%s has none", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestThePageRunsNoInlineScriptAndAsksNoOtherHost(t *testing.T) {
	t.Parallel()
	page := read(t, ask("GET", "/graphiql/").Body)
	if strings.Count(page, "<script") != 1 || !strings.Contains(page, `src="./assets/index-`) {
		t.Error("the page has other scripts than its entry file")
	}
	if strings.Contains(page, "//") {
		t.Error("the page has an absolute address")
	}
}
