package node

import "sync"

// memo remembers what was loaded for siblings.
type memo struct {
	mu     sync.Mutex
	loaded map[any]any
}

// once returns what load returned when it was first called for the key; callers
// that come meanwhile wait for it.
func once[T any](m *memo, key any, load func() (T, error)) (T, error) {
	m.mu.Lock()
	answer, ok := m.loaded[key].(func() (T, error))
	if !ok {
		answer = sync.OnceValues(load)
		if m.loaded == nil {
			m.loaded = map[any]any{}
		}
		m.loaded[key] = answer
	}
	m.mu.Unlock()
	return answer()
}

// shared is once for what cannot fail.
func shared[T any](m *memo, key any, load func() T) T {
	value, _ := once(m, key, func() (T, error) { return load(), nil })
	return value
}
