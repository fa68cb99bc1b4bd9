package capture

import "container/list"

// recent is a map that holds a bounded number of values. Beyond it lets go of the
// one that was used longest ago.
type recent[K comparable, V any] struct {
	most    int
	dropped func(V) // told of each value that had to go; may be nil
	byKey   map[K]*list.Element
	order   list.List // of *entry[K, V], the last used in front
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

func newRecent[K comparable, V any](most int, dropped func(V)) *recent[K, V] {
	return &recent[K, V]{most: most, dropped: dropped, byKey: map[K]*list.Element{}}
}

// get is the value of a key, which counts as used, or the zero value.
func (r *recent[K, V]) get(k K) (v V, ok bool) {
	e := r.byKey[k]
	if e == nil {
		return v, false
	}
	r.order.MoveToFront(e)
	return e.Value.(*entry[K, V]).value, true
}

// put sets the value of a key that has none.
func (r *recent[K, V]) put(k K, v V) {
	if len(r.byKey) >= r.most {
		r.drop()
	}
	r.byKey[k] = r.order.PushFront(&entry[K, V]{k, v})
}

// remove forgets a key without telling.
func (r *recent[K, V]) remove(k K) {
	if e := r.byKey[k]; e != nil {
		r.order.Remove(e)
		delete(r.byKey, k)
	}
}

// oldest is the value that was used longest ago.
func (r *recent[K, V]) oldest() (v V, ok bool) {
	e := r.order.Back()
	if e == nil {
		return v, false
	}
	return e.Value.(*entry[K, V]).value, true
}

// drop lets go of the oldest value, and reports whether there was one.
func (r *recent[K, V]) drop() bool {
	back := r.order.Back()
	if back == nil {
		return false
	}
	e := back.Value.(*entry[K, V])
	r.remove(e.key)
	if r.dropped != nil {
		r.dropped(e.value)
	}
	return true
}
