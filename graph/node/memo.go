package node

import "sync"

// memo remembers what was loaded for siblings.
type memo struct {
	mu     sync.Mutex
	loaded map[any]any
}

// loading is what is loaded, or being loaded.
type loading[T any] struct {
	done   chan struct{} // waited for rather than a lock, so that a test can tell waiting from working
	answer func() (T, error)
}

// once returns what load returned when it was first called for the key; callers
// that come meanwhile wait for it.
func once[T any](m *memo, key any, load func() (T, error)) (T, error) {
	m.mu.Lock()
	l, known := m.loaded[key].(*loading[T])
	if !known {
		l = &loading[T]{done: make(chan struct{}), answer: sync.OnceValues(load)}
		if m.loaded == nil {
			m.loaded = map[any]any{}
		}
		m.loaded[key] = l
	}
	m.mu.Unlock()
	if known {
		<-l.done
	} else {
		defer close(l.done)
	}
	return l.answer()
}

// shared is once for what cannot fail.
func shared[T any](m *memo, key any, load func() T) T {
	value, _ := once(m, key, func() (T, error) { return load(), nil })
	return value
}
