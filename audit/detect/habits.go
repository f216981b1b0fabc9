package detect

import "time"

// habits are the logins of an account in the history before a moment.
type habits struct {
	logins, assertions int
	first              time.Time
	// How many logins without an assertion there were with each network, device and identity provider.
	networks, devices, idps map[uint32]int
}

func newHabits() *habits {
	return &habits{networks: map[uint32]int{}, devices: map[uint32]int{}, idps: map[uint32]int{}}
}

func (h *habits) count(v visit, by int) {
	h.logins += by
	if v.assertion {
		h.assertions += by
		return
	}
	for _, c := range []struct {
		counts map[uint32]int
		value  uint32
	}{{h.networks, v.network}, {h.devices, v.device}, {h.idps, v.idp}} {
		if c.value == 0 {
			continue
		}
		if c.counts[c.value] += by; c.counts[c.value] == 0 {
			delete(c.counts, c.value)
		}
	}
}

// each calls yield for every login of an account that is covered, oldest first,
// with the habits before it.
func (g *gathered) each(who account, logins []*login, history time.Duration, yield func(*login, *habits)) {
	visits := g.visits[who]
	h := newHabits()
	begin, end := 0, 0
	for _, l := range logins {
		now := l.started.UnixNano()
		for ; end < len(visits) && visits[end].at < now; end++ {
			h.count(visits[end], 1)
		}
		for ; begin < end && visits[begin].at < now-int64(history); begin++ {
			h.count(visits[begin], -1)
		}
		h.first = l.started
		if begin < end {
			h.first = time.Unix(0, visits[begin].at)
		}
		yield(l, h)
	}
}
