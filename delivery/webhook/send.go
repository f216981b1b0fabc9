package webhook

import (
	"context"
	"errors"
	"time"

	"github.com/authtrail/authtrail/delivery"
)

// growth is by what part of itself the size of requests grows with each that is taken,
// after the receiver said that one was too large.
const growth = 64

// halvingTime is for how long a batch is sent in parts before what became of those is
// told: a receiver that refuses slowly would keep that back for hours.
const halvingTime = 20 * time.Second

// span is a part of a batch.
type span struct{ from, to int }

func (p span) halves() (first, second span) {
	middle := (p.from + p.to) / 2
	return span{p.from, middle}, span{middle, p.to}
}

// Send implements [delivery.Sender]. What the receiver does not take for what is in it
// is halved until the events stand alone that it does not take.
func (s *sender) Send(ctx context.Context, batch []delivery.Message) (delivery.Result, error) {
	var total delivery.Result
	if len(batch) == 0 {
		return total, nil
	}
	rest, began := []span{{0, len(batch)}}, time.Now() // the next at the end
	for len(rest) > 0 {
		part := rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		messages := batch[part.from:part.to]
		if len(messages) > 1 && s.tooLarge(messages) {
			first, second := part.halves()
			rest = append(rest, second, first)
			continue
		}
		if part.from > 0 && time.Since(began) > s.options.Halving {
			return unsent(total, part.from, len(batch)), nil
		}
		result, err := s.exchange(ctx, messages)
		var refused *refusedContent
		switch {
		case errors.As(err, &refused) && len(messages) > 1:
			s.learn(refused, messages)
			first, second := part.halves()
			rest = append(rest, second, first)
		case errors.As(err, &refused):
			total.Status, total.Answer = refused.Status, refused.Reason
			total.Refused = append(total.Refused, delivery.Refusal{Place: part.from, Reason: refused.Reason})
		case err != nil && part.from == 0:
			return delivery.Result{}, err
		case err != nil:
			return later(total, part.from, len(batch), err), nil
		default:
			if s.most > 0 {
				s.most += s.most/growth + 1 // what was too much once need not be so for ever
			}
			total = added(total, part.from, result)
		}
	}
	return total, nil
}

// tooLarge reports whether the receiver has refused that much at once before.
func (s *sender) tooLarge(messages []delivery.Message) bool {
	return s.most > 0 && size(messages) > s.most
}

// learn remembers how much the receiver takes, so that it is not sent more each time.
func (s *sender) learn(refused *refusedContent, messages []delivery.Message) {
	if refused.tooLarge {
		s.most = max(size(messages)/2, 1)
	}
}

func size(messages []delivery.Message) int {
	bytes := 0
	for i := range messages {
		bytes += len(messages[i].Body) + 1
	}
	return bytes
}

// added adds what became of a part of a batch that begins at a place.
func added(total delivery.Result, from int, part delivery.Result) delivery.Result {
	for _, refusal := range part.Refused {
		refusal.Place += from
		total.Refused = append(total.Refused, refusal)
	}
	for _, place := range part.Retry {
		total.Retry = append(total.Retry, place+from)
	}
	total.After = max(total.After, part.After)
	total.Status, total.Answer = part.Status, part.Answer
	return total
}

// later is a batch of which the receiver took a part before it failed: what is left is
// to be sent again, and what it answered before counts.
func later(total delivery.Result, from, to int, err error) delivery.Result {
	total = unsent(total, from, to)
	failure := delivery.FailureOf(err)
	total.After = max(total.After, failure.After)
	total.Status, total.Answer = failure.Status, failure.Reason
	return total
}

// unsent adds what was not sent yet to what is to be sent.
func unsent(total delivery.Result, from, to int) delivery.Result {
	for place := from; place < to; place++ {
		total.Retry = append(total.Retry, place)
	}
	return total
}
