package flow

import (
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// ending is how an attempt ended, as far as its records decide it.
type ending struct {
	read    []*audit.Record   // the records that can decide, in time order
	record  *audit.Record     // the deciding record; nil when none decides
	decided audit.FlowOutcome // what it decides
	retried []*audit.Record   // the failures that were followed by another try
}

// decide finds the record that decides an attempt. The records are in time order.
//
// The last deciding record wins, except that a timeout or an expired session
// does not undo a success: the login was over by then, and what ended was
// something else.
//
// A failure (Denied, Failure or Timeout that decided the attempt) counts as
// retried when a later record decides the attempt anew, whatever it decides. An
// expired session is no such record: it shows that time passed, not that
// somebody tried again.
func decide(records []*audit.Record) ending {
	end := ending{read: records}
	for _, r := range records {
		decided := deciding(stepOf(r))
		switch {
		case decided == "":
			continue
		case end.decided == audit.Succeeded && (decided == audit.TimedOut || decided == audit.Expired):
			continue
		case end.failed() && decided != audit.Expired:
			end.retried = append(end.retried, end.record)
		}
		end.record, end.decided = r, decided
	}
	return end
}

// deciding returns the outcome that a step decides, empty when it decides none.
// In the deprecated stages the login itself is one: it succeeds like a token.
func deciding(s step) audit.FlowOutcome {
	switch {
	case s.is(codeIssued),
		s.at(token) && s.is(success, create),
		s.staged && s.at(login) && s.is(success):
		return audit.Succeeded
	case s.is(denied):
		return audit.Denied
	case s.is(failure):
		return audit.Failed
	case s.is(timeout):
		return audit.TimedOut
	case s.is(sessionExpired):
		return audit.Expired
	}
	return ""
}

// Decides returns the outcome that a stage of a flow decides, by the rule by which its
// records do; empty when it decides none. A stage does not say whether its name is a
// deprecated one: Login is taken for one, since no event has that name.
func Decides(stage *audit.Stage) audit.FlowOutcome {
	return deciding(step{name: stage.EventName, result: stage.Result, staged: true})
}

func (e ending) failed() bool {
	return e.decided == audit.Denied || e.decided == audit.Failed || e.decided == audit.TimedOut
}

// undecidedOutcome is that of an attempt that nothing decides: it is abandoned
// once it has been idle for longer than the limit.
func undecidedOutcome(now, lastRecord time.Time, idle time.Duration) audit.FlowOutcome {
	if isIdle(now, lastRecord, idle) {
		return audit.Abandoned
	}
	return audit.InProgress
}

// isIdle reports whether nothing has happened for longer than the limit.
func isIdle(now, lastRecord time.Time, idle time.Duration) bool { return now.Sub(lastRecord) > idle }

// askedForMFA reports whether a second factor was asked for.
func (e ending) askedForMFA() bool {
	return slices.ContainsFunc(e.read, func(r *audit.Record) bool { return asksForMFA(stepOf(r)) })
}

// asksForMFA reports whether a step is, or demands, a second factor.
func asksForMFA(s step) bool { return s.at(mfaChallenge) || s.is(doMFA) }

func (e ending) failedStage() string {
	if e.record == nil || e.decided == audit.Succeeded {
		return ""
	}
	return stepOf(e.record).name
}
