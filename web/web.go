// Package web holds the pages of Authtrail, built beforehand and embedded, so
// that they work with no network but the server's own.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed all:graphiql/dist
var graphiqlDist embed.FS

// graphiqlPolicy names what GraphiQL and its Monaco editor need, and nothing
// else: both write style elements, and Monaco draws some icons from data URLs.
const graphiqlPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"worker-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'; form-action 'none'"

// contentTypes does not leave the answer to the tables of the machine it runs on.
var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".md":   "text/markdown; charset=utf-8",
	".svg":  "image/svg+xml",
	".ttf":  "font/ttf",
}

// GraphiQL returns the GraphQL playground. It expects paths relative to where
// it is mounted, and the API one level up:
//
//	mux.Handle("/graphiql/", http.StripPrefix("/graphiql", web.GraphiQL()))
//	mux.Handle("/graphiql", http.StripPrefix("/graphiql", web.GraphiQL()))
//
// or, with chi, one Mount("/graphiql", …) of the same handler. A request
// without the final slash is redirected to the one with it, which the page's
// relative addresses need.
func GraphiQL() http.Handler {
	return graphiql()
}

var graphiql = sync.OnceValue(func() http.Handler {
	root, err := fs.Sub(graphiqlDist, "graphiql/dist")
	if err != nil {
		panic(err)
	}
	return newSite(root, graphiqlPolicy)
})

// site serves files that never change while the program runs.
type site struct {
	policy string
	assets map[string]*asset
}

// asset is one file. Its forms are made when first asked for, and kept.
type asset struct {
	contentType  string
	cacheControl string
	plain        func() form
	gzipped      func() form
}

// form is a file's content in one encoding, with its own entity tag.
type form struct {
	content io.ReaderAt
	size    int64
	etag    string
}

func newSite(root fs.FS, policy string) *site {
	s := &site{policy: policy, assets: map[string]*asset{}}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		s.assets["/"+name], err = newAsset(root, name)
		return err
	})
	if err != nil {
		panic(err) // embedded files can always be read
	}
	s.assets["/"] = s.assets["/index.html"]
	return s
}

func newAsset(root fs.FS, name string) (*asset, error) {
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	content := file.(io.ReaderAt) // embed promises it, and it needs no copy in memory
	a := &asset{
		contentType:  contentTypes[path.Ext(name)],
		cacheControl: "no-cache",
		plain:        sync.OnceValue(func() form { return newForm(content, info.Size()) }),
		gzipped:      sync.OnceValue(func() form { return compressed(content, info.Size()) }),
	}
	if strings.HasPrefix(name, "assets/") { // the build puts a content hash in these names
		a.cacheControl = "public, max-age=31536000, immutable"
	}
	return a, nil
}

func newForm(content io.ReaderAt, size int64) form {
	hash := sha256.New()
	copyAll(hash, content, size)
	return form{content, size, `"` + base64.RawURLEncoding.EncodeToString(hash.Sum(nil)) + `"`}
}

func compressed(content io.ReaderAt, size int64) form {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	copyAll(w, content, size)
	if err := w.Close(); err != nil {
		panic(err) // a buffer takes every write
	}
	return newForm(bytes.NewReader(out.Bytes()), int64(out.Len()))
}

func copyAll(w io.Writer, content io.ReaderAt, size int64) {
	if _, err := io.Copy(w, io.NewSectionReader(content, 0, size)); err != nil {
		panic(err) // both ends are in memory
	}
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", s.policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")

	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if r.URL.Path == "" {
		redirectToSlash(w, r)
		return
	}
	a, ok := s.assets[r.URL.Path]
	if !ok {
		http.Error(w, "no such page", http.StatusNotFound)
		return
	}
	a.serve(w, r)
}

// redirectToSlash answers with a relative address, since neither the mount
// point nor a proxy's path prefix is known here.
func redirectToSlash(w http.ResponseWriter, r *http.Request) {
	target := url.URL{Path: "./", RawQuery: r.URL.RawQuery}
	if asked, err := url.ParseRequestURI(r.RequestURI); err == nil {
		target.Path = "./" + path.Base(asked.Path) + "/"
	}
	w.Header().Set("Location", target.String())
	w.WriteHeader(http.StatusMovedPermanently)
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", a.contentType)
	header.Set("Cache-Control", a.cacheControl)
	header.Set("Vary", "Accept-Encoding")

	gzipped := acceptsGzip(r.Header.Values("Accept-Encoding"))
	form := a.form(gzipped)
	if gzipped {
		header.Set("Content-Encoding", "gzip")
		// ServeContent leaves the length of encoded content to its caller.
		header.Set("Content-Length", strconv.FormatInt(form.size, 10))
	}
	header.Set("ETag", form.etag)
	http.ServeContent(w, r, "", time.Time{}, io.NewSectionReader(form.content, 0, form.size))
}

func (a *asset) form(gzipped bool) form {
	if gzipped {
		return a.gzipped()
	}
	return a.plain()
}

// acceptsGzip says whether the client names gzip and does not give it weight 0.
func acceptsGzip(values []string) bool {
	for coding := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, parameter, _ := strings.Cut(coding, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		weight, isWeight := strings.CutPrefix(strings.TrimSpace(parameter), "q=")
		q, err := strconv.ParseFloat(weight, 64)
		return !isWeight || (err == nil && q > 0)
	}
	return false
}
