package flow

import (
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// head is what a row says of its flow without its events.
type head struct {
	flow    audit.Flow // without Records, Links and Verdict; the Outcome is empty while nothing decides it
	key     Key
	records int
	via     [len(vias)]int // how many links there are of each kind

	users, upstreamUsers []string // distinct, in order of appearance
}

// vias numbers the kinds of link in rows: append only.
var vias = [...]audit.LinkVia{audit.ViaRequest, audit.ViaTrace, audit.ViaToken, audit.ViaSession, audit.ViaRecord}

func viaNumber(via audit.LinkVia) int64 {
	for i, known := range vias {
		if known == via {
			return int64(i)
		}
	}
	return int64(len(vias))
}

// The flags of a head, as bits.
const (
	flagTruncated = 1 << iota
	flagMFA
	flagClosed
)

// headOf returns the head of a flow.
func headOf(s State) head {
	f, _ := s.Stitched.summary()
	f.Revision, f.Revisions, f.Closed = s.Revision, s.Revisions, s.Closed
	h := head{flow: *f, key: s.Stitched.Key, records: len(f.Records),
		users: distinct(f.Records, query.UserID), upstreamUsers: distinct(f.Records, query.UpstreamUserID)}
	for _, link := range s.Stitched.Links {
		h.via[viaNumber(link.Via)]++
	}
	return h
}

// write writes the head; the start of the flow is that of its row.
func (h *head) write(w *textWriter) {
	f := &h.flow
	w.number(viaNumber(h.key.Via))
	w.text(h.key.Value)
	w.number(int64(f.Duration()))
	w.number(int64(h.records))
	w.number(bit(f.Truncated, flagTruncated) | bit(f.MFA, flagMFA) | bit(f.Closed, flagClosed))
	w.number(int64(f.Retries))
	w.number(int64(f.Revision))
	for _, n := range h.via {
		w.number(int64(n))
	}
	for _, s := range []string{string(f.Outcome), f.ApplicationName, f.UpstreamIDP, f.FailedStage, f.Shape} {
		w.text(s)
	}
	w.number(int64(len(f.Stages)))
	for _, stage := range f.Stages {
		w.text(stage.EventName)
		w.text(stage.Result)
		w.number(int64(stage.StartedAt.Sub(f.StartedAt)))
		w.number(int64(stage.Count))
	}
	for _, list := range [][]string{h.users, h.upstreamUsers, f.Sessions, f.Traces, f.Tokens, f.SourceIPs, f.UserAgents, f.FormerIDs} {
		w.texts(list)
	}
	w.number(int64(len(f.Conflicts)))
	for _, c := range f.Conflicts {
		w.text(c.Key)
		w.text(c.Value)
		w.text(c.Reason)
	}
	writeRevisions(w, f.Revisions)
}

func bit(set bool, flag int64) int64 {
	if set {
		return flag
	}
	return 0
}

// read reads what write wrote, of a flow that began at a time.
func (h *head) read(r *textReader, start time.Time) {
	f := &h.flow
	h.key.Via = vias[r.below(len(vias))]
	h.key.Value = r.text()
	f.StartedAt = start
	f.EndedAt = start.Add(time.Duration(r.number()))
	h.records = r.below(audit.MaxFlowRecords + 1)
	flags := r.number()
	f.Truncated, f.MFA, f.Closed = flags&flagTruncated != 0, flags&flagMFA != 0, flags&flagClosed != 0
	f.Retries = int(r.number())
	f.Revision = int(r.number())
	for i := range h.via {
		h.via[i] = int(r.number())
	}
	f.Outcome = audit.FlowOutcome(r.text())
	for _, to := range [...]*string{&f.ApplicationName, &f.UpstreamIDP, &f.FailedStage, &f.Shape} {
		*to = r.text()
	}
	f.Stages = readStages(r, start)
	for _, to := range [...]*[]string{&h.users, &h.upstreamUsers, &f.Sessions, &f.Traces, &f.Tokens, &f.SourceIPs, &f.UserAgents, &f.FormerIDs} {
		*to = r.texts()
	}
	f.Conflicts = readConflicts(r)
	f.Revisions = readRevisions(r)
	h.complete()
}

// complete sets what follows from the rest.
func (h *head) complete() {
	f := &h.flow
	if h.key.Via == audit.ViaRequest {
		f.RequestID = h.key.Value
	}
	if len(h.users) > 0 {
		f.UserID = h.users[0]
	}
	if len(h.upstreamUsers) > 0 {
		f.UpstreamUserID = h.upstreamUsers[0]
	}
	if n := len(f.Stages); n > 0 {
		f.LastStage = f.Stages[n-1].EventName
	}
}

func readStages(r *textReader, start time.Time) []audit.Stage {
	stages := make([]audit.Stage, r.count(8))
	for i := range stages {
		stage := &stages[i]
		stage.EventName, stage.Result = r.text(), r.text()
		stage.StartedAt = start.Add(time.Duration(r.number()))
		stage.Count = int(r.number())
		if i > 0 {
			stage.Gap = stage.StartedAt.Sub(stages[i-1].StartedAt)
		}
	}
	return stages
}

func readConflicts(r *textReader) []audit.FlowConflict {
	n := r.count(6)
	if n == 0 {
		return nil
	}
	conflicts := make([]audit.FlowConflict, n)
	for i := range conflicts {
		conflicts[i] = audit.FlowConflict{Key: r.text(), Value: r.text(), Reason: r.text()}
	}
	return conflicts
}
