package server

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

const (
	mediaJSON     = "application/json"
	mediaResponse = "application/graphql-response+json"
	mediaEvents   = "text/event-stream"
)

// acceptance is what a client can read.
type acceptance struct {
	reply  string // mediaJSON or mediaResponse; empty if the client reads neither
	events bool   // text/event-stream, asked for by name
}

// replyTo reads the Accept headers. A client that does not say gets plain JSON:
// that is what clients from before the GraphQL media type expect.
func replyTo(r *http.Request) acceptance {
	header := strings.Join(r.Header.Values("Accept"), ",")
	if strings.TrimSpace(header) == "" {
		return acceptance{reply: mediaJSON}
	}
	var accepted acceptance
	weight := map[string]float64{}
	for _, entry := range strings.Split(header, ",") {
		name, q := mediaRange(entry)
		switch name {
		case mediaEvents:
			accepted.events = accepted.events || q > 0
		case mediaJSON, mediaResponse:
			weight[name] = q
		case "*/*", "application/*":
			weight["*"] = max(weight["*"], q)
		}
	}
	accepted.reply = preferred(weight)
	return accepted
}

// preferred returns the weightier of the two JSON types, which a wildcard speaks
// for only where they are not named. Between equals the more telling one wins if
// it was named.
func preferred(weight map[string]float64) string {
	plain, named := weight[mediaJSON]
	if !named {
		plain = weight["*"]
	}
	telling := weight[mediaResponse]
	switch {
	case telling > 0 && telling >= plain:
		return mediaResponse
	case plain > 0:
		return mediaJSON
	default:
		return ""
	}
}

// mediaRange returns the name and the weight of one entry of an Accept header.
func mediaRange(entry string) (string, float64) {
	name, params, err := mime.ParseMediaType(entry)
	if err != nil {
		return "", 0
	}
	charset, given := params["charset"]
	if given && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "utf8") {
		return "", 0
	}
	q, given := params["q"]
	if !given {
		return name, 1
	}
	weight, err := strconv.ParseFloat(q, 64)
	if err != nil || !(weight >= 0 && weight <= 1) {
		return "", 0
	}
	return name, weight
}
